#include "parquet/column_chunk.h"

#include <arrow/compute/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <cmath>
#include <random>

#include "parquet/writer.h"
#include "rows/arrow_project.h"
#include "tests/rows/fixtures.h"

namespace ingot::parquet_format {
namespace {

using Random = std::mt19937_64;

/// A random value of the type, from a small or a large set.
iceberg::Value RandomValue(iceberg::TypeId type, bool few, Random& random) {
  const uint64_t draw = few ? random() % 50 : random();
  switch (type) {
    case iceberg::TypeId::kBoolean:
      return iceberg::Value(draw % 2 == 0);
    case iceberg::TypeId::kInt:
    case iceberg::TypeId::kDate:
      return iceberg::Value(int32_t(draw));
    case iceberg::TypeId::kFloat:
      return iceberg::Value(draw % 17 == 0 ? NAN : draw % 19 == 0 ? -0.0F : float(int64_t(draw)) / 100);
    case iceberg::TypeId::kDouble:
      return iceberg::Value(draw % 17 == 0 ? NAN : draw % 19 == 0 ? -0.0 : double(int64_t(draw)) / 100);
    case iceberg::TypeId::kString:
    case iceberg::TypeId::kBinary:
      return iceberg::Value(few ? std::to_string(draw)
                                : std::string(draw % 60, char('a' + draw % 26)) + std::to_string(draw));
    case iceberg::TypeId::kUuid:
    case iceberg::TypeId::kFixed: {
      std::string bytes(16, '\0');
      for (char& byte : bytes) byte = char(few ? draw : random());
      return iceberg::Value(bytes);
    }
    case iceberg::TypeId::kTime:
      return iceberg::Value(int64_t(draw % 86'400'000'000));
    default:
      return iceberg::Value(int64_t(draw));
  }
}

std::shared_ptr<arrow::Array> RandomColumn(const iceberg::Field& field, int64_t rows, bool few, int null_percent,
                                           Random& random) {
  arrow::ArrayVector parts;
  for (int64_t row = 0; row < rows; ++row) {
    const bool null = !field.required && int(random() % 100) < null_percent;
    parts.push_back(
        *rows::RepeatValue(null ? iceberg::Value{} : RandomValue(field.type.id, few, random), field.type, 1));
  }
  const auto column = *arrow::Concatenate(parts);
  const bool text = field.type.id == iceberg::TypeId::kString || field.type.id == iceberg::TypeId::kBinary;
  return text && random() % 2 ? arrow::compute::DictionaryEncode(column)->make_array() : column;
}

struct Written {
  std::shared_ptr<arrow::Table> rows;
  std::shared_ptr<parquet::FileMetaData> footer;
};

template <typename Make>
Written WriteAndRead(const Make& make, const iceberg::Schema& schema, const iceberg::TableMetadata& metadata,
                     const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches, size_t batches_per_group) {
  const auto storage = storage::MakeMemoryStorage();
  const auto stream = *storage->OpenOutput("/f.parquet");
  auto body = *make(*rows::LayoutOf(schema, metadata, *batches[0]), stream);
  for (size_t i = 0; i < batches.size(); ++i) {
    EXPECT_TRUE(body->Write(*batches[i]));
    const Status ended = i % batches_per_group == batches_per_group - 1 ? body->EndRowGroup() : Status();
    EXPECT_TRUE(ended);
  }
  EXPECT_TRUE(body->Close());
  EXPECT_TRUE(stream->Close().ok());
  Written written;
  auto reader = parquet::ParquetFileReader::Open(*storage->OpenInput("/f.parquet"));
  written.footer = reader->metadata();
  const auto rows = parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(reader));
  EXPECT_TRUE(rows.ok());
  written.rows = *(*rows)->ReadTable();
  return written;
}

void ExpectSameStatistics(const parquet::FileMetaData& ours, const parquet::FileMetaData& arrows) {
  ASSERT_EQ(ours.num_row_groups(), arrows.num_row_groups());
  for (int group = 0; group < ours.num_row_groups(); ++group)
    for (int column = 0; column < ours.num_columns(); ++column) {
      const auto a = ours.RowGroup(group)->ColumnChunk(column), b = arrows.RowGroup(group)->ColumnChunk(column);
      EXPECT_EQ(a->num_values(), b->num_values());
      ASSERT_EQ(a->is_stats_set(), b->is_stats_set());
      const auto x = a->statistics(), y = b->statistics();
      EXPECT_EQ(x->null_count(), y->null_count());
      ASSERT_EQ(x->HasMinMax(), y->HasMinMax()) << ours.schema()->Column(column)->name();
      EXPECT_EQ(x->EncodeMin(), y->EncodeMin()) << ours.schema()->Column(column)->name();
      EXPECT_EQ(x->EncodeMax(), y->EncodeMax()) << ours.schema()->Column(column)->name();
    }
}

const std::vector<iceberg::TypeId> kTypes = {
    iceberg::TypeId::kBoolean, iceberg::TypeId::kInt,         iceberg::TypeId::kLong,   iceberg::TypeId::kFloat,
    iceberg::TypeId::kDouble,  iceberg::TypeId::kDate,        iceberg::TypeId::kTime,   iceberg::TypeId::kTimestamp,
    iceberg::TypeId::kString,  iceberg::TypeId::kTimestamptz, iceberg::TypeId::kBinary, iceberg::TypeId::kUuid};

iceberg::Schema SchemaOf(bool required) {
  iceberg::Schema schema;
  for (size_t i = 0; i < kTypes.size(); ++i)
    schema.fields.push_back(
        {.id = int32_t(i) + 1, .name = "c" + std::to_string(i), .type = {.id = kTypes[i]}, .required = required});
  return schema;
}

// Goal:   Arrow reads the written files, and the footer matches that of files written by Arrow. Method: random columns
// of every type, with few and many distinct values, without, with some and with only nulls, and several page and
// dictionary sizes.
TEST(ColumnChunk, ArrowReadsAndAgrees) {
  Random random(11);
  for (const bool required : {false, true})
    for (const bool few : {true, false})
      for (const int null_percent : {0, 30, 100})
        for (const char* page_rows : {"100", "131072"}) {
          const iceberg::Schema schema = SchemaOf(required);
          auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
          metadata.properties = {{"write.parquet.page-row-limit", page_rows},
                                 {"write.parquet.dict-size-bytes", random() % 2 ? "4000" : "2000000"},
                                 {"write.parquet.compression-codec", random() % 2 ? "zstd" : "uncompressed"}};
          std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
          for (const int64_t rows : {700, 1, 900}) {
            arrow::ArrayVector columns;
            for (const iceberg::Field& field : schema.fields)
              columns.push_back(RandomColumn(field, rows, few, null_percent, random));
            // A slice, to test arrays with an offset.
            const auto typed = rows::WithTypesOf(columns, **rows::ToArrowSchema(schema));
            batches.push_back(arrow::RecordBatch::Make(typed, rows, columns)->Slice(rows > 1 ? 13 : 0));
          }
          const Written ours = WriteAndRead(MakeFlatWriter, schema, metadata, batches, 2);
          const Written arrows = WriteAndRead(MakeArrowWriter, schema, metadata, batches, 2);
          ASSERT_EQ(ours.rows->ValidateFull().ToString(), "OK");
          ASSERT_TRUE(
              ours.rows->Equals(*arrows.rows, arrow::EqualOptions().nans_equal(true).signed_zeros_equal(false)));
          ExpectSameStatistics(*ours.footer, *arrows.footer);
        }
}

// Goal:   a null in a required column is an error. Method: one.
TEST(ColumnChunk, RequiredColumnsRejectNulls) {
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "n", .type = {.id = iceberg::TypeId::kLong}, .required = true}};
  const auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
  const auto rows = arrow::RecordBatch::Make(*rows::ToArrowSchema(schema), 2,
                                             {*rows::RepeatValue({}, {.id = iceberg::TypeId::kLong}, 2)});
  const auto storage = storage::MakeMemoryStorage();
  auto body = *MakeFlatWriter(*rows::LayoutOf(schema, metadata, *rows), *storage->OpenOutput("/f.parquet"));
  EXPECT_EQ(body->Write(*rows).error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace ingot::parquet_format
