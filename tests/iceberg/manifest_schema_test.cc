#include "iceberg/manifest_schema.h"

#include "avro/avro.h"
#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

/// Names by field id, from an Avro schema.
void Collect(const avro::AvroSchema& schema, std::map<int32_t, std::string>& ids) {
  for (const auto& member : schema.members) {
    if (member.field_id >= 0) ids[member.field_id] = member.name;
    Collect(*member.schema, ids);
  }
}

// Goal:   manifests have the fields of format 2.
// Method: the Avro schemas published by another project.
TEST(ManifestSchema, AgreesWithAnotherProject) {
  INGOT_NEED_PEER_DATA();
  std::map<int32_t, std::string> ours, theirs;
  Collect(**avro::ParseAvroSchema(ManifestListAvroSchema(3)), ours);
  Collect(**avro::ParseAvroSchema(rows::ReadFile(rows::PeerData() / "iceberg_rust/avro_schema_manifest_file_v2.json")),
          theirs);
  for (const auto& [id, name] : theirs) EXPECT_EQ(ours[id], name) << id;
}

// Goal:   partition names that are invalid in Avro are escaped; every partition type has an Avro type.
// Method: a spec with one of each.
TEST(ManifestSchema, PartitionsOfEveryType) {
  PartitionSpec spec;
  std::vector<Type> types;
  for (const char* name : {"boolean", "int", "long", "float", "double", "date", "time", "timestamp", "timestamptz",
                           "string", "uuid", "fixed[4]", "binary", "decimal(9,2)", "decimal(38,0)"}) {
    spec.fields.push_back({.source_id = 1, .field_id = FieldId(1000 + types.size()), .name = std::string("9 ") + name});
    types.push_back(*ParsePrimitiveType(name));
  }
  EXPECT_TRUE(avro::ParseAvroSchema(ManifestAvroSchema(spec, types, 2)));
}

}  // namespace
}  // namespace ingot::iceberg
