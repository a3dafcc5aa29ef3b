// Manifest lists and manifests: every input is read as both.
#include "iceberg/manifest.h"

#include "fuzz/check.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto metadata = [] {
    iceberg::Schema schema;
    schema.fields = {{.id = 1, .name = "at", .type = {.id = iceberg::TypeId::kTimestamptz}}};
    return *iceberg::MakeTableMetadata(
        {.schema = schema, .partition = {{"at", {.kind = iceberg::TransformKind::kDay}}}, .location = "x"});
  }();
  const auto storage = storage::MakeMemoryStorage();
  FUZZ_EXPECT(storage->CreateAtomic("/file", fuzz::Text(data, size)));
  (void)iceberg::ReadManifestList(*storage, {.manifest_list = "/file"});
  const auto all = iceberg::ReadManifest(*storage, {.location = "/file"}, metadata);
  const std::vector<iceberg::FieldId> wanted{1};
  const auto some = iceberg::ReadManifest(*storage, {.location = "/file"}, metadata, &wanted);
  FUZZ_EXPECT(all.has_value() == some.has_value());
  FUZZ_EXPECT(!all || all->size() == some->size());
  return 0;
}
