// Tables with random nested columns.
#pragma once

#include "rows/arrow_schema.h"
#include "tests/nested_rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {

/// The Iceberg type for an Arrow type; its ids follow `last_id`.
inline iceberg::Type TypeOf(const arrow::DataType& arrow_type, iceberg::FieldId& last_id) {
  static const std::map<arrow::Type::type, iceberg::TypeId> kLeaves = {
      {arrow::Type::BOOL, iceberg::TypeId::kBoolean},  {arrow::Type::INT32, iceberg::TypeId::kInt},
      {arrow::Type::INT64, iceberg::TypeId::kLong},    {arrow::Type::FLOAT, iceberg::TypeId::kFloat},
      {arrow::Type::DOUBLE, iceberg::TypeId::kDouble}, {arrow::Type::DATE32, iceberg::TypeId::kDate},
      {arrow::Type::TIME64, iceberg::TypeId::kTime},   {arrow::Type::STRING, iceberg::TypeId::kString},
      {arrow::Type::BINARY, iceberg::TypeId::kBinary}};
  const auto inner = [&](const arrow::Field& field) {
    const iceberg::FieldId id = ++last_id;
    return iceberg::Field{
        .id = id, .name = field.name(), .type = TypeOf(*field.type(), last_id), .required = !field.nullable()};
  };
  iceberg::Type type;
  switch (arrow_type.id()) {
    case arrow::Type::STRUCT:
    case arrow::Type::LIST:
      type.id = arrow_type.id() == arrow::Type::LIST ? iceberg::TypeId::kList : iceberg::TypeId::kStruct;
      for (const auto& field : arrow_type.fields()) type.fields.push_back(inner(*field));
      return type;
    case arrow::Type::MAP:
      type.id = iceberg::TypeId::kMap;
      for (const auto& field : arrow_type.field(0)->type()->fields()) type.fields.push_back(inner(*field));
      return type;
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(arrow_type);
      return {.id = iceberg::TypeId::kDecimal, .precision = decimal.precision(), .scale = decimal.scale()};
    }
    case arrow::Type::FIXED_SIZE_BINARY:
      return {.id = iceberg::TypeId::kFixed,
              .length = static_cast<const arrow::FixedSizeBinaryType&>(arrow_type).byte_width()};
    case arrow::Type::TIMESTAMP:
      return {.id = static_cast<const arrow::TimestampType&>(arrow_type).timezone().empty()
                        ? iceberg::TypeId::kTimestamp
                        : iceberg::TypeId::kTimestamptz};
    default:
      return {.id = kLeaves.at(arrow_type.id())};
  }
}

struct Sample {
  iceberg::Schema schema;  // row number n, part, and the nested columns
  std::shared_ptr<arrow::Array> n, part;
  std::vector<std::shared_ptr<arrow::Array>> columns;

  std::shared_ptr<arrow::RecordBatch> Batch(Random& random) const {
    arrow::ArrayVector arrays{Disarranged(n, random), Disarranged(part, random)};
    for (const auto& column : columns) arrays.push_back(Disarranged(column, random));
    return arrow::RecordBatch::Make(*ToArrowSchema(schema), n->length(), arrays);
  }
};

inline Sample MakeSample(Random& random, int64_t rows) {
  Sample sample;
  iceberg::FieldId last_id = 2;
  sample.schema.fields = {{.id = 1, .name = "n", .type = {.id = iceberg::TypeId::kLong}},
                          {.id = 2, .name = "part", .type = {.id = iceberg::TypeId::kInt}}};
  for (int i = 0; i < 3; ++i) {
    const auto type = RandomType(random, 3);
    const iceberg::FieldId id = ++last_id;
    sample.schema.fields.push_back({.id = id, .name = "c" + std::to_string(i), .type = TypeOf(*type, last_id)});
    sample.columns.push_back(RandomArray(*ToArrowType(sample.schema.fields.back().type), rows, random));
  }
  std::string numbers, parts;
  for (int64_t row = 0; row < rows; ++row) {
    numbers += (row > 0 ? "," : "") + std::to_string(row);
    parts += (row > 0 ? "," : "") + std::to_string(Below(random, 3));
  }
  sample.n = ArrayOf(arrow::int64(), "[" + numbers + "]");
  sample.part = ArrayOf(arrow::int32(), "[" + parts + "]");
  return sample;
}

/// Checks that the rows are those of the sample, in any order.
inline void ExpectRows(const arrow::Table& table, const Sample& sample, int64_t rows) {
  const auto batch = table.CombineChunksToBatch().ValueOrDie();
  ASSERT_EQ(batch->num_rows(), rows);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t n = static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(row);
    for (size_t i = 0; i < sample.columns.size(); ++i)
      ASSERT_EQ(ValueOf(*batch->column(int(i) + 2), row), ValueOf(*sample.columns[i], n))
          << "row " << n << " of " << iceberg::TypeName(sample.schema.fields[i + 2].type);
  }
}

/// A table with the sample's rows in `files` files, each written in slices.
inline iceberg::Table TableOf(const Sample& sample, int64_t files, bool partitioned, Random& random) {
  const auto storage = storage::MakeMemoryStorage();
  std::vector<std::pair<std::string, iceberg::Transform>> partition;
  if (partitioned) partition = {{"part", {.kind = iceberg::TransformKind::kIdentity}}};
  const auto metadata = *iceberg::MakeTableMetadata(
      {.schema = sample.schema, .partition = partition, .location = "file:///w/t", .properties = {}});
  iceberg::Table table = *iceberg::CreateTable({std::make_shared<MemoryCatalog>(), storage, {"n", "t"}}, metadata);
  const auto batch = sample.Batch(random);
  const int64_t rows = batch->num_rows() / files, slice = rows / 4;
  for (int64_t file = 0; file < files; ++file) {
    auto writer = *TableWriter::Open(storage, *table.metadata, {.row_group_rows_max = 2 * slice});
    for (int64_t row = file * rows; row < (file + 1) * rows; row += slice) {
      const auto written = writer->Write(batch->Slice(row, slice));
      EXPECT_TRUE(written) << written.error().message;
    }
    table = *iceberg::CommitSnapshot(table.home, {.added = *writer->Finish()});
  }
  return table;
}

inline void ExpectTable(const iceberg::Table& table, const Sample& sample) {
  const auto& storage = table.home.storage;
  const auto rows = ReadRows(storage, *table.metadata, *PlanScan(*storage, *table.metadata, {}));
  ASSERT_TRUE(rows) << rows.error().message;
  ExpectRows(**rows, sample, sample.n->length());
}

}  // namespace ingot::rows
