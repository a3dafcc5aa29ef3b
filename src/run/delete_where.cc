#include "run/delete_where.h"

#include "base/progress.h"
#include "pipeline/evaluate.h"
#include "run/condition.h"

namespace ingot::run {

Result<DeletedWhere> DeleteWhere(const OpenedPipeline& open, const DeleteWhereOptions& options) {
  INGOT_ASSIGN(const auto home, open.environment.Home(options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto condition, ConditionFrom(options.where, table.metadata->CurrentSchema()));
  ProgressLine progress("delete from " + options.table, 0, "records");
  const maintain::DeleteRowsOptions deletion{
      .columns = condition.columns,
      .filter = condition.filter,
      .matches = [&](const std::shared_ptr<arrow::RecordBatch>& rows) { return Evaluate(condition.expression, *rows); },
      .threads = open.environment.threads,
      .dry_run = options.dry_run,
      .progress = [&](int64_t rows) { progress.Add(rows); }};
  INGOT_ASSIGN(const auto rows, maintain::DeleteRows(home, deletion));
  return DeletedWhere{.table = home.name, .format_version = table.metadata->format_version, .rows = rows};
}

}  // namespace ingot::run
