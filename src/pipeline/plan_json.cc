#include "pipeline/plan_json.h"

#include <version.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/definition.h"
#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::ordered_json;

Json SilverToJson(const Pipeline& pipeline, const SilverSpec& silver, Dialect dialect) {
  const SilverSql sql = MakeSilverSql(pipeline, silver, dialect, {.run_id = "{run_id}"});
  const Json rules = RuleNames(silver.rules);
  Json limits = Json::object();
  for (const Rule& rule : silver.rules)
    if (rule.fail_above) limits[rule.name] = *rule.fail_above;
  return {{"source", pipeline.bronze.table},
          {"table", silver.table.table},
          {"quarantine", silver.quarantine.table},
          {"key", silver.unique},
          {"time", SilverTimeField(pipeline, silver)},
          {"rules", rules},
          {"fail_above", limits},
          {"check", sql.check},
          {"counts", sql.counts},
          {"quarantined", sql.quarantine},
          {"clean", sql.clean}};
}

Json SparkBronzeToJson(const Pipeline& pipeline) {
  Json bronze{{"table", pipeline.bronze.table}};
  if (const auto sql = MakeSparkBronzeSql(pipeline, "records"))
    bronze["rows"] = *sql;
  else
    bronze["unsupported"] = sql.error().message;
  return bronze;
}

}  // namespace

std::string SilverTimeField(const Pipeline& pipeline, const SilverSpec& silver) {
  const ColumnTypes types = pipeline.Columns();
  for (const std::string& field : silver.unique)
    if (types.at(field).id == iceberg::TypeId::kTimestamptz) return field;
  return "";
}

std::string GoldTimeField(const GoldSpec& gold) {
  std::set<std::string> columns;
  for (const NamedExpression& group : TouchedGroups(gold)) {
    if (!IsPartOfTime(group.expression)) return "";
    CollectColumns(group.expression, columns);
  }
  return columns.size() == 1 ? *columns.begin() : "";
}

std::string GoldReplaceColumn(const GoldSpec& gold) {
  for (const NamedExpression& group : TouchedGroups(gold))
    for (const auto& [column, transform] : gold.table.partition)
      if (column == group.name && transform.kind == iceberg::TransformKind::kIdentity) return column;
  return "";
}

Result<std::string> PlanToJson(const Pipeline& pipeline, Dialect dialect, const std::string& catalog) {
  Json plan{
      {"pipeline", pipeline.name}, {"catalog", catalog}, {"source", pipeline.source.uri}, {"program", INGOT_VERSION}};
  switch (dialect) {
    case Dialect::kSpark:
      plan["bronze"] = SparkBronzeToJson(pipeline);
      break;
    case Dialect::kEmbedded:
    case Dialect::kTrino:  // the program itself parses records
      break;
  }
  for (const PipelineTable& table : TablesOf(pipeline))
    if (const std::string definition = DefinitionOf(pipeline, table); !definition.empty())
      plan["definitions"][table.spec->table] = DefinitionId(definition);
  plan["silver"] = Json::array();
  for (const SilverSpec& silver : pipeline.silver) plan["silver"].push_back(SilverToJson(pipeline, silver, dialect));
  // Who runs the statements replaces {now} and {run_id}.
  const std::string now =
      TextOf(dialect, {.embedded = "current_timestamp()", .spark = "current_timestamp()", .trino = "{now}"});
  plan["gold"] = Json::array();
  for (const GoldSpec& gold : pipeline.gold) {
    const GoldSql sql = MakeGoldSql(pipeline, gold, dialect, {.updated_at = now});
    plan["gold"].push_back({{"source", pipeline.SourceOf(gold).table.table},
                            {"table", gold.table.table},
                            {"time", GoldTimeField(gold)},
                            {"replace_by", GoldReplaceColumn(gold)},
                            {"touched", sql.touched},
                            {"aggregate", sql.aggregate},
                            {"kept", sql.kept}});
  }
  return plan.dump(1);
}

}  // namespace ingot::pipeline
