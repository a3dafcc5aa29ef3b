#include "pipeline/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/functions.h"
#include "pipeline/source_position.h"

namespace ingot::pipeline {
namespace {

using iceberg::Schema;
using iceberg::Type;
using iceberg::TypeId;

void AddColumn(Schema& schema, std::string name, TypeId type, bool required = false) {
  schema.fields.push_back({.name = std::move(name), .type = {.id = type}, .required = required});
}

void AddPosition(Schema& schema) {
  AddColumn(schema, kSource, TypeId::kString);
  AddColumn(schema, kSourcePartition, TypeId::kInt);
  AddColumn(schema, kSourceOffset, TypeId::kLong);
}

/// A field is a required column of silver if a quarantine rule requires it.
bool IsRequired(const SilverSpec& silver, const std::string& field) {
  return std::ranges::any_of(silver.rules,
                             [&](const Rule& rule) { return rule.quarantine && rule.check->Requires(field); });
}

bool AllRequired(const SilverSpec& silver, const Expression& expression) {
  std::set<std::string> columns;
  CollectColumns(expression, columns);
  return std::ranges::all_of(columns, [&](const std::string& column) { return IsRequired(silver, column); });
}

std::string Join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

/// Equality that also matches nulls, unless the columns are required. Engines join on plain equality much faster.
std::string SameSql(const std::string& left, const std::string& right, bool required) {
  return fmt::format("{} {} {}", left, required ? "=" : "IS NOT DISTINCT FROM", right);
}

/// The condition that one of the bits of `mask` is set in _broken.
std::string BitSql(std::string_view mask, Dialect dialect) {
  const std::string form = TextOf(
      dialect,
      {.embedded = "(_broken & {}) <> 0", .spark = "(_broken & {}) <> 0", .trino = "bitwise_and(_broken, {}) <> 0"});
  return fmt::format(fmt::runtime(form), mask);
}

enum class Keep { kMatched, kUnmatched };

/// Keeps the rows for which `other` has a row, or none, for which `on` is true.
std::string JoinSql(Keep keep, const std::string& other, const std::string& on, Dialect dialect) {
  const bool anti = keep == Keep::kUnmatched;
  switch (dialect) {
    case Dialect::kEmbedded:
      return fmt::format("{} JOIN {} ON {}", anti ? "ANTI" : "SEMI", other, on);
    case Dialect::kSpark:
      return fmt::format("LEFT {} JOIN {} ON {}", anti ? "ANTI" : "SEMI", other, on);
    case Dialect::kTrino:
      return fmt::format("WHERE {}EXISTS (SELECT 1 FROM {} WHERE {})", anti ? "NOT " : "", other, on);
  }
  return "";
}

/// An array of the names in the list that are not null.
std::string NamesSql(const std::string& names, Dialect dialect) {
  const std::string form = TextOf(dialect, {.embedded = "list_filter([{}], r -> r IS NOT NULL)",
                                            .spark = "filter(array({}), r -> r IS NOT NULL)",
                                            .trino = "filter(ARRAY[{}], r -> r IS NOT NULL)"});
  return fmt::format(fmt::runtime(form), names);
}

std::string TypeSql(const Type& type, Dialect dialect) {
  switch (type.id) {
    case TypeId::kInt:
      return TextOf(dialect, {.embedded = "INTEGER", .spark = "INT", .trino = "INTEGER"});
    case TypeId::kLong:
      return "BIGINT";
    case TypeId::kFloat:
      return TextOf(dialect, {.embedded = "FLOAT", .spark = "FLOAT", .trino = "REAL"});
    case TypeId::kDouble:
      return "DOUBLE";
    case TypeId::kBoolean:
      return "BOOLEAN";
    case TypeId::kDate:
      return "DATE";
    case TypeId::kString:
      return TextOf(dialect, {.embedded = "VARCHAR", .spark = "STRING", .trino = "VARCHAR"});
    case TypeId::kTimestamptz:
      return TextOf(dialect, {.embedded = "TIMESTAMPTZ", .spark = "TIMESTAMP", .trino = "TIMESTAMP(6) WITH TIME ZONE"});
    case TypeId::kUuid:
      return TextOf(dialect, {.embedded = "UUID", .spark = "STRING", .trino = "UUID"});
    case TypeId::kDecimal:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return "VARCHAR";
}

/// The new rows with fixes applied and computed fields added.
std::string FixedRowsSql(const Pipeline& pipeline, const SilverSpec& silver, Dialect dialect,
                         const std::string& source) {
  std::vector<std::string> fixed;
  std::vector<const FieldSpec*> computed;
  for (const FieldSpec& field : pipeline.fields) {
    if (field.compute) {
      computed.push_back(&field);
      continue;
    }
    const std::string name = QuoteName(field.name, dialect), value = FixedSql(silver.fixes, field.name, name, dialect);
    fixed.push_back(value == name ? name : value + " AS " + name);
  }
  std::string sql =
      fmt::format("SELECT {}, {}, _ingested_at, _error, _payload FROM {}", Join(fixed, ", "), kPositionSql, source);
  for (const FieldSpec* field : computed)
    sql = fmt::format(
        "SELECT *, {} AS {} FROM ({})",
        FixedSql(silver.fixes, field->name,
                 fmt::format("TRY_CAST({} AS {})", ToSql(*field->compute, dialect), TypeSql(field->type, dialect)),
                 dialect),
        QuoteName(field->name, dialect), sql);
  return sql;
}

/// The rules as SQL on _broken, the sum of one bit per broken rule.
struct RuleSql {
  std::string broken;    // the expression of the sum
  std::string accepted;  // no quarantine rule is broken
  std::string listed;    // for each rule its name if it is broken, else null
};

// The other rules are not applied to a record that could not be read.
RuleSql RuleSqlOf(const SilverSpec& silver, Dialect dialect) {
  const std::string parse = BitSql(std::to_string(kParseBit), dialect);
  std::vector<std::string> broken, listed{fmt::format("CASE WHEN {} THEN 'parse' END", parse)};
  for (size_t i = 0; i < silver.rules.size(); ++i) {
    const Rule& rule = silver.rules[i];
    const std::string name = ToSql({.kind = Expression::Kind::kText, .text = rule.name}, dialect);
    broken.push_back(fmt::format("CASE WHEN {} THEN {} ELSE 0 END", rule.check->BrokenSql(dialect), RuleBit(i)));
    listed.push_back(fmt::format("CASE WHEN {} THEN {} END", BitSql(std::to_string(RuleBit(i)), dialect), name));
  }
  if (broken.empty()) broken.push_back("0");
  return {.broken = fmt::format("CAST(CASE WHEN _error IS NOT NULL THEN {} ELSE {} END AS BIGINT)", kParseBit,
                                Join(broken, "\n    + ")),
          .accepted = fmt::format("NOT ({})", BitSql(std::to_string(QuarantineBits(silver.rules)), dialect)),
          .listed = Join(listed, ", ")};
}

/// The accepted rows whose key is not in silver. The row with the lowest position survives; rows without a position are
/// last.
std::string UniqueRowsSql(const SilverSpec& silver, Dialect dialect, const SilverNames& names,
                          const std::string& columns, const std::string& accepted) {
  std::vector<std::string> key, same;
  for (const std::string& field : silver.unique) {
    key.push_back(QuoteName(field, dialect));
    same.push_back(SameSql("s." + key.back(), "r." + key.back(), IsRequired(silver, field)));
  }
  return fmt::format(
      "SELECT {}, '{}' AS _run_id\nFROM (SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY {} ORDER BY "
      "{} NULLS LAST, {} NULLS LAST, {} NULLS LAST) AS _place FROM {} WHERE {}) WHERE _place = 1) r\n{}",
      columns, names.run_id, Join(key, ", "), kSource, kSourcePartition, kSourceOffset, names.checked, accepted,
      JoinSql(Keep::kUnmatched, names.existing + " s", Join(same, " AND "), dialect));
}

/// Without an initial default: rows that were written before the column existed keep null, unless a rebuild computes
/// them.
iceberg::Field ColumnOf(const FieldSpec& field) {
  return {.name = field.name, .type = field.type, .write_default = field.default_json};
}

}  // namespace

Schema BronzeSchema(const Pipeline& pipeline) {
  Schema schema;
  for (const FieldSpec& field : pipeline.fields)
    if (!field.compute) schema.fields.push_back(ColumnOf(field));
  AddPosition(schema);
  AddColumn(schema, "_produced_at", TypeId::kTimestamptz);
  AddColumn(schema, "_ingested_at", TypeId::kTimestamptz);
  AddColumn(schema, "_extra", pipeline.extra_as_variant ? TypeId::kVariant : TypeId::kString);
  AddColumn(schema, "_error", TypeId::kString);
  AddColumn(schema, "_payload", TypeId::kBinary);
  if (pipeline.payload_all && pipeline.source.format == "csv") AddColumn(schema, "_csv", TypeId::kString);
  if (pipeline.source.keep_key) AddColumn(schema, "_key", TypeId::kBinary);
  if (pipeline.source.keep_headers) AddColumn(schema, "_headers", TypeId::kString);
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

Schema SilverSchema(const Pipeline& pipeline, const SilverSpec& silver) {
  Schema schema;
  for (const FieldSpec& field : pipeline.fields) {
    schema.fields.push_back(ColumnOf(field));
    schema.fields.back().required = IsRequired(silver, field.name);
  }
  AddPosition(schema);
  AddColumn(schema, "_ingested_at", TypeId::kTimestamptz);
  AddColumn(schema, "_run_id", TypeId::kString);
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

Schema QuarantineSchema(const Pipeline& pipeline) {
  Schema schema;
  for (const FieldSpec& field : pipeline.fields) schema.fields.push_back(ColumnOf(field));
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
  columns.insert(columns.end(), {kSource, kSourcePartition, kSourceOffset, "_ingested_at", "_error", "_payload"});
  return columns;
}

SilverSql MakeSilverSql(const Pipeline& pipeline, const SilverSpec& silver, Dialect dialect, const SilverNames& names) {
  std::vector<std::string> fields;
  for (const FieldSpec& field : pipeline.fields) fields.push_back(QuoteName(field.name, dialect));
  const RuleSql rule_sql = RuleSqlOf(silver, dialect);
  const std::string columns = Join(fields, ", ") + ", " + kPositionSql + ", _ingested_at";
  SilverSql sql;
  sql.check = fmt::format("SELECT *, {} AS _broken\nFROM ({})", rule_sql.broken,
                          FixedRowsSql(pipeline, silver, dialect, names.source));
  if (silver.unique.empty())
    sql.clean = fmt::format("SELECT {}, '{}' AS _run_id FROM {} WHERE {}", columns, names.run_id, names.checked,
                            rule_sql.accepted);
  else
    sql.clean = UniqueRowsSql(silver, dialect, names, columns, rule_sql.accepted);
  sql.quarantine =
      fmt::format("SELECT {}, {} AS _rules, _error, {}, {}, _ingested_at, '{}' AS _run_id\nFROM {} WHERE NOT ({})",
                  Join(fields, ", "), NamesSql(rule_sql.listed, dialect),
                  pipeline.payload_all ? "CASE WHEN _error IS NOT NULL THEN _payload END AS _payload" : "_payload",
                  kPositionSql, names.run_id, names.checked, rule_sql.accepted);
  std::vector<std::string> counts{"count(*) AS rows_in",
                                  fmt::format("count_if(NOT ({})) AS rows_quarantined", rule_sql.accepted)};
  const auto rules = RuleNames(silver.rules);
  for (size_t bit = 0; bit < rules.size(); ++bit)
    counts.push_back(fmt::format("count_if({}) AS {}", BitSql(std::to_string(uint64_t(1) << bit), dialect),
                                 QuoteName(rules[bit], dialect)));
  sql.counts = fmt::format("SELECT {}\nFROM {}", Join(counts, ",\n  "), names.checked);
  return sql;
}

std::vector<NamedExpression> TouchedGroups(const GoldSpec& gold) {
  std::vector<NamedExpression> touched;
  for (const NamedExpression& group : gold.group)
    if (IsPartOfTime(group.expression)) touched.push_back(group);
  return touched.empty() ? gold.group : touched;
}

GoldSql MakeGoldSql(const Pipeline& pipeline, const GoldSpec& gold, Dialect dialect, const GoldNames& names) {
  const auto quote = [&](std::string_view name) { return QuoteName(name, dialect); };
  std::vector<std::string> touched, matched, kept, selected, groups;
  for (const NamedExpression& group : TouchedGroups(gold)) {
    const std::string sql = ToSql(group.expression, dialect);
    touched.push_back(fmt::format("{} AS {}", sql, quote(group.name)));
    const bool required = AllRequired(pipeline.SourceOf(gold), group.expression);
    matched.push_back(SameSql("t." + quote(group.name), sql, required));
    kept.push_back(SameSql("t." + quote(group.name), "o." + quote(group.name), required));
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
  sql.aggregate = fmt::format("SELECT {},\n  {} AS updated_at\nFROM {} {}\nGROUP BY {} ORDER BY {}",
                              Join(columns, ",\n  "), names.updated_at, names.all,
                              JoinSql(Keep::kMatched, names.touched + " t", Join(matched, " AND "), dialect),
                              Join(groups, ", "), Join(groups, ", "));
  sql.kept = fmt::format("SELECT o.* FROM {} o {}", names.old,
                         JoinSql(Keep::kUnmatched, names.touched + " t", Join(kept, " AND "), dialect));
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
