#include "rows/scan_relation.h"

#include "iceberg/summary_numbers.h"
#include "rows/arrow_project.h"
#include "rows/arrow_schema.h"

namespace ingot::rows {

Result<Relation> ColumnsOf(const iceberg::Table& table, std::optional<iceberg::SnapshotId> snapshot_id) {
  const iceberg::TableMetadata& metadata = *table.metadata;
  const iceberg::Snapshot* snapshot = snapshot_id ? metadata.SnapshotById(*snapshot_id) : metadata.CurrentSnapshot();
  Relation relation;
  INGOT_ASSIGN(relation.schema, ToArrowSchema(snapshot_id ? metadata.SchemaOf(*snapshot) : metadata.CurrentSchema()));
  if (snapshot == nullptr) return relation;
  if (const auto rows = iceberg::FindNumber(snapshot->summary, "total-records")) relation.rows_estimate = *rows;
  return relation;
}

Result<Relation> RelationOf(const iceberg::Table& table, ScanPlan plan) {
  Relation relation;
  INGOT_ASSIGN(relation.schema, ToArrowSchema(plan.projection));
  relation.rows_estimate = plan.RecordCount();
  relation.open = [storage = table.home.storage, metadata = table.metadata,
                   plan = std::make_shared<const ScanPlan>(std::move(plan))](
                      const std::vector<int>& columns) -> Result<std::vector<Relation::Part>> {
    iceberg::Schema projection;
    for (const int column : columns) projection.fields.push_back(plan->projection.fields[size_t(column)]);
    INGOT_ASSIGN(auto tasks, PartsOf(*storage, *plan));
    std::vector<Relation::Part> parts;
    for (FileTask& task : tasks)
      parts.push_back([storage, metadata, projection, task = std::move(task)] {
        return OpenTask(storage, *metadata, projection, task);
      });
    return parts;
  };
  return relation;
}

Result<std::shared_ptr<arrow::RecordBatch>> AlignColumns(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                         const iceberg::Schema& schema) {
  INGOT_ASSIGN(const auto arrow_schema, ToArrowSchema(schema));
  arrow::ArrayVector arrays;
  for (const iceberg::Field& field : schema.fields) {
    const int at = batch->schema()->GetFieldIndex(field.name);
    if (at < 0) {
      INGOT_ASSIGN(auto nulls, RepeatValue({}, field.type, batch->num_rows()));
      arrays.push_back(std::move(nulls));
      continue;
    }
    INGOT_ASSIGN(auto array, ProjectArray(batch->column(at), *batch->schema()->field(at), field,
                                          {.keep_dictionaries = true, .by_name = true}));
    arrays.push_back(std::move(array));
  }
  auto typed = WithTypesOf(arrays, *arrow_schema);
  return arrow::RecordBatch::Make(std::move(typed), batch->num_rows(), std::move(arrays));
}

}  // namespace ingot::rows
