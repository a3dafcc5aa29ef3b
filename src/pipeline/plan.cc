#include "pipeline/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace ingot::pipeline {
namespace {

using iceberg::Schema;
using iceberg::Type;
using iceberg::TypeId;

void AddColumn(Schema& schema, std::string name, TypeId type, bool required = false) {
  schema.fields.push_back({.name = std::move(name), .type = {.id = type}, .required = required});
}

void AddPosition(Schema& schema) {
  AddColumn(schema, "_topic", TypeId::kString);
  AddColumn(schema, "_partition", TypeId::kInt);
  AddColumn(schema, "_offset", TypeId::kLong);
}

/// Fields that some rule makes sure of are required columns of silver.
bool IsRequired(const Pipeline& pipeline, const std::string& field) {
  return std::ranges::any_of(pipeline.rules, [&](const Rule& rule) {
    return rule.kind == RuleKind::kNotNull && rule.quarantine &&
           std::ranges::find(rule.fields, field) != rule.fields.end();
  });
}

std::string Join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

/// The condition under which a record breaks the rule; a check that is neither true nor false (a null) is not broken.
std::string BrokenSql(const Rule& rule, Dialect dialect) {
  if (rule.kind == RuleKind::kCheck) return fmt::format("coalesce(NOT {}, false)", ToSql(*rule.check, dialect));
  std::vector<std::string> nulls;
  for (const std::string& field : rule.fields) nulls.push_back(QuoteName(field, dialect) + " IS NULL");
  return "(" + Join(nulls, " OR ") + ")";
}

std::string TypeSql(const Type& type, Dialect dialect) {
  switch (type.id) {
    case TypeId::kInt:
      return dialect == Dialect::kSpark ? "INT" : "INTEGER";
    case TypeId::kLong:
      return "BIGINT";
    case TypeId::kFloat:
      return dialect == Dialect::kTrino ? "REAL" : "FLOAT";
    case TypeId::kDouble:
      return "DOUBLE";
    case TypeId::kBoolean:
      return "BOOLEAN";
    case TypeId::kDate:
      return "DATE";
    case TypeId::kString:
      return dialect == Dialect::kSpark ? "STRING" : "VARCHAR";
    case TypeId::kTimestamptz:
      return dialect == Dialect::kSpark   ? "TIMESTAMP"
             : dialect == Dialect::kTrino ? "TIMESTAMP(6) WITH TIME ZONE"
                                          : "TIMESTAMPTZ";
    case TypeId::kUuid:
      return dialect == Dialect::kSpark ? "STRING" : "UUID";
    default:
      return "VARCHAR";
  }
}

/// The new rows with fixes applied and computed fields added.
std::string FixedRowsSql(const Pipeline& pipeline, Dialect dialect, const std::string& source) {
  std::vector<std::string> fixed;
  std::vector<const FieldSpec*> computed;
  for (const FieldSpec& field : pipeline.fields) {
    if (field.compute) {
      computed.push_back(&field);
      continue;
    }
    const bool trim = std::ranges::any_of(
        pipeline.rules, [&](const Rule& rule) { return rule.kind == RuleKind::kTrim && rule.fields[0] == field.name; });
    const std::string name = QuoteName(field.name, dialect);
    const Expression column{.kind = Expression::Kind::kColumn, .text = field.name};
    fixed.push_back(trim ? ToSql({.kind = Expression::Kind::kCall, .text = "trim", .arguments = {column}}, dialect) +
                               " AS " + name
                         : name);
  }
  std::string sql = fmt::format("SELECT {}, _topic, _partition, _offset, _ingested_at, _error, _payload FROM {}",
                                Join(fixed, ", "), source);
  for (const FieldSpec* field : computed)
    sql = fmt::format("SELECT *, CAST({} AS {}) AS {} FROM ({})", ToSql(*field->compute, dialect),
                      TypeSql(field->type, dialect), QuoteName(field->name, dialect), sql);
  return sql;
}

/// The rules as SQL over _broken, a sum of one bit per broken rule.
struct JudgementSql {
  std::string broken;    // the sum itself
  std::string accepted;  // no refusing rule is broken
  std::string listed;    // names of the broken rules, or nulls
};

// Bit 0 is "parse"; a record that could not be read is not judged by the other rules.
JudgementSql JudgementOf(const Pipeline& pipeline, Dialect dialect) {
  uint64_t refusing = 1;
  std::vector<std::string> broken, listed{"CASE WHEN (_broken & 1) <> 0 THEN 'parse' END"};
  int bit = 0;
  for (const Rule& rule : pipeline.rules) {
    ++bit;
    if (rule.kind == RuleKind::kTrim) continue;
    const uint64_t mask = uint64_t(1) << bit;
    const std::string name = ToSql({.kind = Expression::Kind::kText, .text = rule.name}, dialect);
    broken.push_back(fmt::format("CASE WHEN {} THEN {} ELSE 0 END", BrokenSql(rule, dialect), mask));
    listed.push_back(fmt::format("CASE WHEN (_broken & {}) <> 0 THEN {} END", mask, name));
    if (rule.quarantine) refusing |= mask;
  }
  if (broken.empty()) broken.push_back("0");
  return {.broken =
              fmt::format("CAST(CASE WHEN _error IS NOT NULL THEN 1 ELSE {} END AS BIGINT)", Join(broken, "\n    + ")),
          .accepted = fmt::format("(_broken & {}) = 0", refusing),
          .listed = Join(listed, ", ")};
}

/// The accepted rows whose key is neither in silver nor earlier in the batch.
std::string UniqueRowsSql(const Pipeline& pipeline, Dialect dialect, const SilverNames& names,
                          const std::string& columns, const std::string& accepted) {
  std::vector<std::string> key, same;
  for (const std::string& field : pipeline.unique) {
    key.push_back(QuoteName(field, dialect));
    same.push_back(fmt::format("s.{0} IS NOT DISTINCT FROM r.{0}", key.back()));
  }
  return fmt::format(
      "SELECT {}, '{}' AS _run_id\nFROM (SELECT *, row_number() OVER (PARTITION BY {} ORDER BY _partition, _offset, "
      "_topic) AS _place FROM {} WHERE {}) r\nANTI JOIN {} s ON {}\nWHERE _place = 1",
      columns, names.run_id, Join(key, ", "), names.judged, accepted, names.existing, Join(same, " AND "));
}

}  // namespace

Schema BronzeSchema(const Pipeline& pipeline) {
  Schema schema;
  for (const FieldSpec& field : pipeline.fields)
    if (!field.compute) schema.fields.push_back({.name = field.name, .type = field.type});
  AddPosition(schema);
  AddColumn(schema, "_produced_at", TypeId::kTimestamptz);
  AddColumn(schema, "_ingested_at", TypeId::kTimestamptz);
  AddColumn(schema, "_extra", TypeId::kString);
  AddColumn(schema, "_error", TypeId::kString);
  AddColumn(schema, "_payload", TypeId::kBinary);
  if (pipeline.source.keep_key) AddColumn(schema, "_key", TypeId::kBinary);
  if (pipeline.source.keep_headers) AddColumn(schema, "_headers", TypeId::kString);
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

Schema SilverSchema(const Pipeline& pipeline) {
  Schema schema;
  for (const FieldSpec& field : pipeline.fields)
    schema.fields.push_back({.name = field.name, .type = field.type, .required = IsRequired(pipeline, field.name)});
  AddPosition(schema);
  AddColumn(schema, "_ingested_at", TypeId::kTimestamptz);
  AddColumn(schema, "_run_id", TypeId::kString);
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

Schema QuarantineSchema(const Pipeline& pipeline) {
  Schema schema;
  for (const FieldSpec& field : pipeline.fields) schema.fields.push_back({.name = field.name, .type = field.type});
  Type rules{.id = TypeId::kList};
  rules.fields.push_back({.name = "element", .type = {.id = TypeId::kString}, .required = false});
  schema.fields.push_back({.name = "_rules", .type = rules});
  AddColumn(schema, "_error", TypeId::kString);
  AddColumn(schema, "_payload", TypeId::kBinary);
  AddPosition(schema);
  AddColumn(schema, "_ingested_at", TypeId::kTimestamptz);
  AddColumn(schema, "_run_id", TypeId::kString);
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

Schema GoldSchema(const GoldSpec& gold) {
  Schema schema;
  for (const auto* list : {&gold.group, &gold.measures})
    for (const NamedExpression& column : *list) schema.fields.push_back({.name = column.name, .type = column.type});
  AddColumn(schema, "updated_at", TypeId::kTimestamptz);
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

std::vector<std::string> SilverInputColumns(const Pipeline& pipeline) {
  std::vector<std::string> columns;
  for (const FieldSpec& field : pipeline.fields)
    if (!field.compute) columns.push_back(field.name);
  columns.insert(columns.end(), {"_topic", "_partition", "_offset", "_ingested_at", "_error", "_payload"});
  return columns;
}

SilverSql MakeSilverSql(const Pipeline& pipeline, Dialect dialect, const SilverNames& names) {
  std::vector<std::string> fields;
  for (const FieldSpec& field : pipeline.fields) fields.push_back(QuoteName(field.name, dialect));
  const JudgementSql judgement = JudgementOf(pipeline, dialect);
  const std::string columns = Join(fields, ", ") + ", _topic, _partition, _offset, _ingested_at";
  SilverSql sql;
  sql.judge = fmt::format("CREATE OR REPLACE TEMP VIEW {} AS\nSELECT *, {} AS _broken\nFROM ({})", names.judged,
                          judgement.broken, FixedRowsSql(pipeline, dialect, names.source));
  if (pipeline.unique.empty())
    sql.clean = fmt::format("SELECT {}, '{}' AS _run_id FROM {} WHERE {}", columns, names.run_id, names.judged,
                            judgement.accepted);
  else
    sql.clean = UniqueRowsSql(pipeline, dialect, names, columns, judgement.accepted);
  sql.quarantine = fmt::format(
      "SELECT {}, list_filter([{}], r -> r IS NOT NULL) AS _rules, _error, _payload, _topic, _partition, _offset, "
      "_ingested_at, '{}' AS _run_id\nFROM {} WHERE NOT ({})",
      Join(fields, ", "), judgement.listed, names.run_id, names.judged, judgement.accepted);
  return sql;
}

std::vector<NamedExpression> TouchedGroups(const GoldSpec& gold) {
  std::vector<NamedExpression> touched;
  for (const NamedExpression& group : gold.group)
    if (group.expression.kind == Expression::Kind::kCall &&
        (group.expression.text == "date" || group.expression.text == "hour"))
      touched.push_back(group);
  return touched.empty() ? gold.group : touched;
}

GoldSql MakeGoldSql(const GoldSpec& gold, Dialect dialect, const GoldNames& names) {
  const auto quote = [&](std::string_view name) { return QuoteName(name, dialect); };
  std::vector<std::string> touched, matched, kept, selected, groups;
  for (const NamedExpression& group : TouchedGroups(gold)) {
    const std::string sql = ToSql(group.expression, dialect);
    touched.push_back(fmt::format("{} AS {}", sql, quote(group.name)));
    matched.push_back(fmt::format("t.{} IS NOT DISTINCT FROM {}", quote(group.name), sql));
    kept.push_back(fmt::format("t.{0} IS NOT DISTINCT FROM o.{0}", quote(group.name)));
  }
  int place = 0;
  for (const NamedExpression& group : gold.group) {
    selected.push_back(fmt::format("CAST({} AS {}) AS {}", ToSql(group.expression, dialect),
                                   TypeSql(group.type, dialect), quote(group.name)));
    groups.push_back(std::to_string(++place));
  }
  std::vector<std::string> columns = selected;
  for (const NamedExpression& measure : gold.measures)
    columns.push_back(fmt::format("CAST({} AS {}) AS {}", ToSql(measure.expression, dialect),
                                  TypeSql(measure.type, dialect), quote(measure.name)));
  GoldSql sql;
  sql.touched = fmt::format("SELECT DISTINCT {} FROM {}", Join(touched, ", "), names.fresh);
  sql.aggregate = fmt::format("SELECT {},\n  {} AS updated_at\nFROM {} SEMI JOIN {} t ON {}\nGROUP BY {} ORDER BY {}",
                              Join(columns, ",\n  "), names.updated_at, names.all, names.touched,
                              Join(matched, " AND "), Join(groups, ", "), Join(groups, ", "));
  sql.kept = fmt::format("SELECT o.* FROM {} o ANTI JOIN {} t ON {}", names.old, names.touched, Join(kept, " AND "));
  return sql;
}

std::vector<std::string> GoldInputColumns(const GoldSpec& gold) {
  std::set<std::string> columns;
  for (const auto* list : {&gold.group, &gold.measures})
    for (const NamedExpression& column : *list) CollectColumns(column.expression, columns);
  return {columns.begin(), columns.end()};
}

std::vector<std::string> TouchedInputColumns(const GoldSpec& gold) {
  std::set<std::string> columns;
  for (const NamedExpression& group : TouchedGroups(gold)) CollectColumns(group.expression, columns);
  return {columns.begin(), columns.end()};
}

}  // namespace ingot::pipeline
