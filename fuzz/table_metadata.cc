// Table metadata: valid metadata round-trips.
#include "fuzz/check.h"
#include "iceberg/metadata.h"

using namespace ingot;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto metadata = iceberg::ParseTableMetadata(fuzz::Text(data, size));
  if (!metadata) return 0;
  const std::string written = iceberg::TableMetadataToJson(*metadata);
  const auto again = iceberg::ParseTableMetadata(written);
  FUZZ_EXPECT(again);
  FUZZ_EXPECT(iceberg::TableMetadataToJson(*again) == written);
  return 0;
}
