// Small batches written out as JSON, for tests.
#pragma once

#include <arrow/api.h>
#include <arrow/json/from_string.h>

#include <memory>
#include <string>
#include <vector>

namespace ingot {

inline std::shared_ptr<arrow::Array> ArrayOf(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

/// Columns as {name, type, JSON array}.
struct ColumnText {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};
inline std::shared_ptr<arrow::RecordBatch> RowsOf(const std::vector<ColumnText>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, type, json] : columns) {
    fields.push_back(arrow::field(name, type));
    arrays.push_back(ArrayOf(type, json));
  }
  const int64_t rows = arrays[0]->length();
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
}

inline std::shared_ptr<arrow::DataType> Time() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

/// "[1,2,null]"
inline std::string Text(const arrow::Array& array) {
  std::string text = "[";
  for (int64_t row = 0; row < array.length(); ++row)
    text += (row > 0 ? "," : "") + array.GetScalar(row).ValueOrDie()->ToString();
  return text + "]";
}

}  // namespace ingot
