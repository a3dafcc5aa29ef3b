#include "run/condition.h"

#include <set>

#include "pipeline/prune.h"

namespace ingot::run {

Result<RowCondition> ConditionFrom(const std::string& where, const iceberg::Schema& schema) {
  pipeline::ColumnTypes types;
  for (const auto& field : schema.fields)
    if (!field.type.IsNested()) types[field.name] = field.type;
  INGOT_ASSIGN(auto condition, WithContext(pipeline::ParseExpression(where), "--where"));
  INGOT_ASSIGN(const auto type, WithContext(Resolve(condition, types), "--where"));
  if (type.id != iceberg::TypeId::kBoolean || HasAggregate(condition))
    return Fail(ErrorKind::kBadConfig, "--where: must be a condition on a row, such as \"user_id = '…'\"");
  std::set<std::string> columns;
  CollectColumns(condition, columns);
  auto filter = pipeline::FilterOf(condition, types);
  return RowCondition{
      .expression = std::move(condition), .columns = {columns.begin(), columns.end()}, .filter = std::move(filter)};
}

}  // namespace ingot::run
