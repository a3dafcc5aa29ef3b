#include "base/relation.h"

#include "base/arrow_result.h"

namespace ingot {

Relation RelationOf(std::shared_ptr<arrow::RecordBatch> rows) {
  const auto open = [rows](const std::vector<int>& columns) -> Result<std::vector<Relation::Part>> {
    INGOT_ARROW_ASSIGN(const auto chosen, rows->SelectColumns(columns));
    return std::vector<Relation::Part>{[chosen]() -> Result<std::shared_ptr<arrow::RecordBatchReader>> {
      INGOT_ARROW_ASSIGN(auto reader, arrow::RecordBatchReader::Make({chosen}, chosen->schema()));
      return reader;
    }};
  };
  return {.schema = rows->schema(), .rows_estimate = rows->num_rows(), .open = open};
}

}  // namespace ingot
