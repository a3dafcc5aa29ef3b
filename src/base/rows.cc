#include "base/rows.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>

#include "base/arrow_result.h"

namespace ingot {

std::shared_ptr<arrow::RecordBatch> Pick(const arrow::RecordBatch& rows, const std::vector<std::string>& names) {
  std::vector<int> columns;
  for (const std::string& name : names) columns.push_back(rows.schema()->GetFieldIndex(name));
  return rows.SelectColumns(columns).ValueOrDie();
}

Result<std::shared_ptr<arrow::RecordBatch>> Select(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                   const std::vector<bool>& keep) {
  if (std::ranges::all_of(keep, std::identity())) return rows;
  // Arrow's filter takes the number of rows from the columns.
  if (rows->num_columns() == 0)
    return arrow::RecordBatch::Make(rows->schema(), std::ranges::count(keep, true), arrow::ArrayVector{});
  arrow::BooleanBuilder builder;
  INGOT_ARROW(builder.AppendValues(keep));
  INGOT_ARROW_ASSIGN(const auto mask, builder.Finish());
  INGOT_ARROW_ASSIGN(const auto kept, arrow::compute::Filter(arrow::Datum(rows), arrow::Datum(mask)));
  return kept.record_batch();
}

}  // namespace ingot
