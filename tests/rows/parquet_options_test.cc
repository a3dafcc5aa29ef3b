#include "rows/parquet_options.h"

#include <parquet/properties.h>
#include <parquet/schema.h>

#include <random>

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

std::shared_ptr<arrow::Array> Ids(bool random) {
  std::mt19937_64 draw(1);
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  for (int i = 0; i < 1000; ++i) {
    const uint64_t words[2] = {random ? draw() : 1, random ? draw() : uint64_t(i)};
    EXPECT_TRUE(builder.Append(reinterpret_cast<const uint8_t*>(words)).ok());
  }
  return *builder.Finish();
}

// Goal:   the table's properties and the first rows decide the layout.
// Method: ids that compress and ids that do not; a nested column; a bloom filter; an unknown codec.
TEST(ParquetOptions, FollowsPropertiesAndRows) {
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kUuid}}};
  auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
  const auto rows = [&](bool random) { return arrow::RecordBatch::Make(*ToArrowSchema(schema), 1000, {Ids(random)}); };
  const auto codec = [&](bool random) {
    return LayoutOf(schema, metadata, *rows(random))
        ->properties->compression(parquet::schema::ColumnPath::FromDotString("id"));
  };
  EXPECT_EQ(codec(false), parquet::Compression::ZSTD);
  EXPECT_EQ(codec(true), parquet::Compression::UNCOMPRESSED);
  EXPECT_TRUE(LayoutOf(schema, metadata, *rows(true))->flat);
  metadata.properties["write.parquet.bloom-filter-enabled.column.id"] = "true";
  EXPECT_FALSE(LayoutOf(schema, metadata, *rows(true))->flat);
  metadata.properties["write.parquet.compression-codec"] = "zip";
  EXPECT_EQ(LayoutOptionsOf(schema, metadata).error().kind, ErrorKind::kBadConfig);
}

// Goal:   codec names are accepted in the spelling of every writer.
// Method: upper case, blanks, other names; invalid levels.
TEST(ParquetOptions, CodecsInAnySpelling) {
  auto metadata = *iceberg::MakeTableMetadata({.schema = EventSchema(), .location = "x"});
  const auto rows = Events(0, 10);
  const auto storage = storage::MakeMemoryStorage();
  for (const auto& [name, codec] : {std::pair{"ZSTD", parquet::Compression::ZSTD},
                                    {"Snappy", parquet::Compression::SNAPPY},
                                    {" GZIP ", parquet::Compression::GZIP},
                                    {"LZ4_RAW", parquet::Compression::LZ4},
                                    {"UNCOMPRESSED", parquet::Compression::UNCOMPRESSED},
                                    {"None", parquet::Compression::UNCOMPRESSED}})
    for (const char* level : {"3", "99", "-1", "", "high"}) {
      metadata.properties["write.parquet.compression-codec"] = name;
      metadata.properties["write.parquet.compression-level"] = level;
      ASSERT_TRUE(LayoutOptionsOf(EventSchema(), metadata)) << name;
      const auto layout = LayoutOf(EventSchema(), metadata, *rows);
      ASSERT_TRUE(layout) << name;
      EXPECT_EQ(layout->properties->compression(parquet::schema::ColumnPath::FromDotString("id")), codec) << name;
      auto file = *ParquetFileWriter::Open(*storage, "file:///f.parquet", EventSchema(), metadata);
      EXPECT_TRUE(file->Write(*rows) && file->Close()) << name << " " << level;
    }
}

}  // namespace
}  // namespace ingot::rows
