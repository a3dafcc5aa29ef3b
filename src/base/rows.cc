#include "base/rows.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>

#include "base/arrow_result.h"

namespace ingot {

std::shared_ptr<arrow::RecordBatch> SelectColumns(const arrow::RecordBatch& rows,
                                                  const std::vector<std::string>& names) {
  std::vector<int> columns;
  for (const std::string& name : names) columns.push_back(rows.schema()->GetFieldIndex(name));
  return rows.SelectColumns(columns).ValueOrDie();
}

Result<std::shared_ptr<arrow::RecordBatch>> FilterRows(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                       const std::vector<bool>& keep) {
  if (std::ranges::all_of(keep, std::identity())) return rows;
  // Arrow's filter takes the row count from the columns.
  if (rows->num_columns() == 0)
    return arrow::RecordBatch::Make(rows->schema(), std::ranges::count(keep, true), arrow::ArrayVector{});
  arrow::BooleanBuilder builder;
  INGOT_ARROW(builder.AppendValues(keep));
  INGOT_ARROW_ASSIGN(const auto mask, builder.Finish());
  INGOT_ARROW_ASSIGN(const auto kept, arrow::compute::Filter(arrow::Datum(rows), arrow::Datum(mask)));
  return kept.record_batch();
}

Result<std::shared_ptr<arrow::Array>> DecodeDictionaries(const std::shared_ptr<arrow::Array>& column) {
  if (column->type_id() != arrow::Type::DICTIONARY) return column;
  const auto& encoded = static_cast<const arrow::DictionaryArray&>(*column);
  INGOT_ARROW_ASSIGN(auto plain, arrow::compute::Take(*encoded.dictionary(), *encoded.indices()));
  return plain;
}

Result<std::shared_ptr<arrow::RecordBatch>> DecodeDictionaries(const std::shared_ptr<arrow::RecordBatch>& rows) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (int i = 0; i < rows->num_columns(); ++i) {
    INGOT_ASSIGN(auto column, DecodeDictionaries(rows->column(i)));
    fields.push_back(rows->schema()->field(i)->WithType(column->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows->num_rows(), std::move(columns));
}

Result<std::shared_ptr<arrow::RecordBatch>> WithoutOffsets(const std::shared_ptr<arrow::RecordBatch>& rows) {
  if (std::ranges::none_of(rows->columns(), [](const auto& column) { return column->num_fields() > 0; })) return rows;
  arrow::ArrayVector columns = rows->columns();
  for (auto& column : columns)
    if (column->num_fields() > 0) {
      INGOT_ARROW_ASSIGN(column, arrow::Concatenate({column}));
    }
  return arrow::RecordBatch::Make(rows->schema(), rows->num_rows(), std::move(columns));
}

std::shared_ptr<arrow::Array> RepeatText(const std::string& text, int64_t length) {
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto numbers = arrow::MakeArrayFromScalar(arrow::Int32Scalar(0), length).ValueOrDie();
  const auto texts = arrow::MakeArrayFromScalar(arrow::StringScalar(text), 1).ValueOrDie();
  return std::make_shared<arrow::DictionaryArray>(type, numbers, texts);
}

}  // namespace ingot
