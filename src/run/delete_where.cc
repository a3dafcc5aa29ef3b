#include "run/delete_where.h"

#include "base/progress.h"
#include "pipeline/evaluate.h"
#include "pipeline/prune.h"

namespace ingot::run {
namespace {

/// Errors: kBadConfig if the text is not a condition on the columns.
Result<pipeline::Expression> ConditionFrom(const std::string& text, const pipeline::ColumnTypes& columns) {
  INGOT_ASSIGN(auto condition, WithContext(pipeline::ParseExpression(text), "--where"));
  INGOT_ASSIGN(const auto type, WithContext(Resolve(condition, columns), "--where"));
  if (type.id != iceberg::TypeId::kBoolean || HasAggregate(condition))
    return Fail(ErrorKind::kBadConfig, "--where: must be a condition on a row, such as \"user_id = '…'\"");
  return condition;
}

}  // namespace

Result<DeletedWhere> DeleteWhere(const OpenedPipeline& open, const DeleteWhereOptions& options) {
  INGOT_ASSIGN(const auto home, open.environment.Home(options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  pipeline::ColumnTypes types;
  for (const auto& field : table.metadata->CurrentSchema().fields)
    if (!field.type.IsNested()) types[field.name] = field.type;
  INGOT_ASSIGN(const auto condition, ConditionFrom(options.where, types));
  std::set<std::string> columns;
  CollectColumns(condition, columns);
  ProgressLine progress("delete from " + options.table, 0, "records");
  const maintain::DeleteRowsOptions deletion{
      .columns = {columns.begin(), columns.end()},
      .filter = pipeline::FilterOf(condition, types),
      .matches = [&](const std::shared_ptr<arrow::RecordBatch>& rows) { return Evaluate(condition, *rows); },
      .threads = open.environment.threads,
      .dry_run = options.dry_run,
      .progress = [&](int64_t rows) { progress.Add(rows); }};
  INGOT_ASSIGN(const auto rows, maintain::DeleteRows(home, deletion));
  return DeletedWhere{.table = home.name, .format_version = table.metadata->format_version, .rows = rows};
}

}  // namespace ingot::run
