#include "rows/parquet_file.h"

#include <parquet/arrow/reader.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <cmath>

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   files have field ids and the UUID type; unknown codecs are errors.
// Method: the footer of one file.
TEST(ParquetFile, IdsTypesAndCodecs) {
  const auto storage = storage::MakeMemoryStorage();
  iceberg::Schema schema;
  schema.fields = {{.id = 7, .name = "user", .type = {.id = iceberg::TypeId::kUuid}}};
  auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
  auto writer = *ParquetFileWriter::Open(*storage, "/f.parquet", schema, metadata);
  ASSERT_TRUE(writer->Write(*arrow::RecordBatch::Make(
      *ToArrowSchema(schema), 3, {*RepeatValue(std::string(16, 'x'), {.id = iceberg::TypeId::kUuid}, 3)})));
  const iceberg::DataFile file = *writer->Close();
  EXPECT_EQ(file.record_count, 3);
  EXPECT_EQ(file.lower_bounds.at(7), std::string(16, 'x'));
  const auto footer = parquet::ReadMetaData(*storage->OpenInput("/f.parquet"));
  EXPECT_EQ(footer->schema()->Column(0)->schema_node()->field_id(), 7);
  EXPECT_TRUE(footer->schema()->Column(0)->logical_type()->is_UUID());
  EXPECT_EQ(footer->RowGroup(0)->ColumnChunk(0)->compression(), parquet::Compression::ZSTD);
  metadata.properties["write.parquet.compression-codec"] = "zip";
  EXPECT_EQ(ParquetFileWriter::Open(*storage, "/g.parquet", schema, metadata).error().kind, ErrorKind::kBadConfig);
}

/// Writes one column of doubles and returns the footer of the file.
std::shared_ptr<parquet::FileMetaData> FooterOf(const std::vector<double>& values) {
  const auto storage = storage::MakeMemoryStorage();
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "speed", .type = {.id = iceberg::TypeId::kDouble}}};
  const auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
  auto writer = *ParquetFileWriter::Open(*storage, "/f.parquet", schema, metadata);
  arrow::DoubleBuilder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  const auto column = *builder.Finish();
  EXPECT_TRUE(writer->Write(*arrow::RecordBatch::Make(*ToArrowSchema(schema), column->length(), {column})));
  EXPECT_TRUE(writer->Close());
  return parquet::ReadMetaData(*storage->OpenInput("/f.parquet"));
}

// Goal:   repeated doubles are dictionary encoded, others are not.
// Method: numbers with two decimals, numbers with all digits, and only NaN.
TEST(ParquetFile, DictionariesOfDoubles) {
  std::vector<double> short_ones, long_ones;
  for (int i = 0; i < 50'000; ++i) {
    short_ones.push_back(i % 10'000 / 100.0);
    long_ones.push_back(std::sqrt(i));
  }
  EXPECT_TRUE(FooterOf(short_ones)->RowGroup(0)->ColumnChunk(0)->has_dictionary_page());
  EXPECT_FALSE(FooterOf(long_ones)->RowGroup(0)->ColumnChunk(0)->has_dictionary_page());
  EXPECT_EQ(FooterOf({std::nan(""), std::nan("")})->num_rows(), 2);
}

// Goal:   bloom filters are written by property.
// Method: look up present and absent values in the file; invalid rates.
TEST(ParquetFile, BloomFilters) {
  const auto storage = storage::MakeMemoryStorage();
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}},
                   {.id = 2, .name = "n", .type = {.id = iceberg::TypeId::kLong}}};
  auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
  metadata.properties["write.parquet.bloom-filter-enabled.column.id"] = "true";
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < 1000; ++i) ASSERT_TRUE(builder.Append(i * 3).ok());
  const auto ids = *builder.Finish();
  const auto rows = arrow::RecordBatch::Make(*ToArrowSchema(schema), 1000, {ids, ids});
  auto writer = *ParquetFileWriter::Open(*storage, "/f.parquet", schema, metadata);
  ASSERT_TRUE(writer->Write(*rows));
  ASSERT_TRUE(writer->Close());
  const auto reader = parquet::ParquetFileReader::Open(*storage->OpenInput("/f.parquet"));
  const auto group = reader->GetBloomFilterReader().RowGroup(0);
  EXPECT_EQ(group->GetColumnBloomFilter(1), nullptr);
  const auto filter = group->GetColumnBloomFilter(0);
  ASSERT_NE(filter, nullptr);
  int found = 0;
  for (int64_t i = 0; i < 3000; ++i) {
    const bool there = filter->FindHash(filter->Hash(i));
    EXPECT_TRUE(there || i % 3 != 0) << i;
    found += there;
  }
  EXPECT_LT(found, 1100);
  metadata.properties["write.parquet.bloom-filter-fpp.column.id"] = "often";
  EXPECT_EQ(ParquetFileWriter::Open(*storage, "/g.parquet", schema, metadata).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::rows
