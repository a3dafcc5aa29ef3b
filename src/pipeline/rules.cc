#include "pipeline/rules.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "pipeline/definition.h"
#include "pipeline/document.h"
#include "pipeline/evaluate.h"
#include "pipeline/functions.h"
#include "pipeline/scalar_functions.h"

// A row without one of its members does not compile.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;

/// Sets `bit` in the rows for which `is_broken` returns true.
template <typename IsBroken>
void MarkRows(std::vector<uint64_t>& broken, int64_t rows, uint64_t bit, const IsBroken& is_broken) {
  broken.resize(size_t(rows));
  for (int64_t row = 0; row < rows; ++row)
    if (is_broken(row)) broken[size_t(row)] |= bit;
}

/// Fields that must have a value.
class NotNull : public RuleCheck {
 public:
  explicit NotNull(std::vector<std::string> fields) : fields_(std::move(fields)) {}

  std::string BrokenSql(Dialect dialect) const override {
    std::vector<std::string> nulls;
    for (const std::string& field : fields_) nulls.push_back(QuoteName(field, dialect) + " IS NULL");
    return fmt::format("({})", fmt::join(nulls, " OR "));
  }

  Status Mark(const arrow::RecordBatch& rows, uint64_t bit, std::vector<uint64_t>& broken) const override {
    for (const std::string& field : fields_) {
      const auto column = rows.GetColumnByName(field);
      if (column->null_count() > 0)
        MarkRows(broken, rows.num_rows(), bit, [&](int64_t row) { return column->IsNull(row); });
    }
    return {};
  }

  bool Requires(const std::string& field) const override { return std::ranges::find(fields_, field) != fields_.end(); }

  Json Definition() const override {
    auto fields = fields_;
    std::ranges::sort(fields);
    return {{"kind", "not_null"}, {"fields", fields}};
  }
  std::vector<std::string> Fields() const override { return fields_; }

  static std::shared_ptr<const RuleCheck> Read(const Place& value, const ColumnTypes& columns) {
    const auto fields = value.Texts();
    for (const std::string& field : fields) NeedField(value, field, columns);
    return std::make_shared<NotNull>(fields);
  }

 private:
  std::vector<std::string> fields_;
};

/// A condition that must not be false. A row is not broken if its condition is null because a field is null.
class Check : public RuleCheck {
 public:
  explicit Check(Expression condition) : condition_(std::move(condition)) {}

  std::string BrokenSql(Dialect dialect) const override {
    return fmt::format("coalesce(NOT {}, false)", ToSql(condition_, dialect));
  }

  Status Mark(const arrow::RecordBatch& rows, uint64_t bit, std::vector<uint64_t>& broken) const override {
    INGOT_ASSIGN(const auto held, Evaluate(condition_, rows));
    if (held->type_id() == arrow::Type::NA) return {};
    const auto& holds = static_cast<const arrow::BooleanArray&>(*held);
    if (holds.true_count() + holds.null_count() < rows.num_rows())
      MarkRows(broken, rows.num_rows(), bit, [&](int64_t row) { return holds.IsValid(row) && !holds.Value(row); });
    return {};
  }

  bool Requires(const std::string&) const override { return false; }

  Json Definition() const override { return {{"kind", "check"}, {"check", ToJson(condition_)}}; }
  const Expression* Condition() const override { return &condition_; }

  static std::shared_ptr<const RuleCheck> Read(const Place& value, const ColumnTypes& columns) {
    Expression condition = value.Take(ParseExpression(value.Text()));
    if (HasAggregate(condition)) value.Refuse("a check looks at one record; aggregates belong to gold");
    if (value.Take(Resolve(condition, columns)).id != iceberg::TypeId::kBoolean) value.Refuse("must be a condition");
    return std::make_shared<Check>(std::move(condition));
  }

 private:
  Expression condition_;
};

constexpr RuleKind kRuleKinds[] = {
    {.key = "not_null", .takes_list = true, .help = "Fields that must have a value.", .read = NotNull::Read},
    {.key = "check", .takes_list = false, .help = "A condition that must not be false.", .read = Check::Read},
};

constexpr FixKind kFixKinds[] = {
    {.word = "trim", .help = "trim: remove blanks from both ends.", .function = "trim", .apply = Trimmed},
};

double ShareFrom(const Place& place) {
  std::string text = place.Text();
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  double number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > (percent ? 100 : 1))
    place.Refuse("must be a share such as 20%");
  return percent ? number / 100 : number;
}

Expression CallOf(const FixKind& fix, const std::string& field) {
  return {.kind = Expression::Kind::kCall,
          .text = std::string(fix.function),
          .arguments = {{.kind = Expression::Kind::kColumn, .text = field, .arguments = {}}}};
}

Fix FixFrom(const Place& item, const ColumnTypes& columns) {
  const std::string word = item.At("fix").Text();
  const auto* const kind = std::ranges::find(kFixKinds, word, &FixKind::word);  // CheckSection has checked the value
  if (!item.Has("field")) item.Refuse("'field' is missing: the field that fix changes");
  for (const char* key : {"else", "fail_above", "on_fail"})
    if (item.Has(key)) item.At(key).Refuse("a fix never breaks a record: use a rule with check, or leave it out");
  Fix fix{.name = item.At("name").Text(), .field = item.At("field").Text(), .kind = kind};
  NeedField(item.At("field"), fix.field, columns);
  item.At("field").Take(TypeOf(CallOf(*kind, fix.field), columns));
  return fix;
}

}  // namespace

std::span<const RuleKind> RuleKinds() {
  return kRuleKinds;
}

std::span<const FixKind> FixKinds() {
  return kFixKinds;
}

void ReadRuleOrFix(const Place& item, const ColumnTypes& columns, std::vector<Rule>& rules, std::vector<Fix>& fixes) {
  size_t found = item.Has("fix");
  std::string keys = "fix";
  for (const RuleKind& kind : kRuleKinds) {
    found += item.Has(std::string(kind.key));
    keys += (&kind == std::end(kRuleKinds) - 1 ? " and " : ", ") + std::string(kind.key);
  }
  if (found != 1) item.Refuse("a rule needs exactly one of " + keys);
  if (item.Has("fix")) {
    fixes.push_back(FixFrom(item, columns));
    return;
  }
  if (item.Has("field")) item.At("field").Refuse("only a fix has a field: a rule names its fields itself");
  if (item.Has("fail_above") && item.Has("on_fail"))
    item.At("on_fail").Refuse("'fail_above' is given, too: leave one of them out");
  const auto& kind = *std::ranges::find_if(kRuleKinds, [&](const auto& one) { return item.Has(std::string(one.key)); });
  Rule rule{.name = item.At("name").Text(),
            .check = kind.read(item.At(std::string(kind.key)), columns),
            .quarantine = item.Text("else", "quarantine") == "quarantine",
            .fail_above = std::nullopt};
  if (item.Has("fail_above")) rule.fail_above = ShareFrom(item.At("fail_above"));
  if (item.Has("on_fail")) rule.fail_above = 0;
  rules.push_back(std::move(rule));
}

std::vector<std::string> RuleNames(std::span<const Rule> rules) {
  std::vector<std::string> names{"parse"};
  for (const Rule& rule : rules) names.push_back(rule.name);
  return names;
}

uint64_t QuarantineBits(std::span<const Rule> rules) {
  uint64_t bits = kParseBit;
  for (size_t i = 0; i < rules.size(); ++i)
    if (rules[i].quarantine) bits |= RuleBit(i);
  return bits;
}

bool HasGate(std::span<const Rule> rules) {
  return std::ranges::any_of(rules, [](const Rule& rule) { return rule.fail_above.has_value(); });
}

std::string FixedSql(std::span<const Fix> fixes, const std::string& field, std::string sql, Dialect dialect) {
  for (const Fix& fix : fixes)
    if (fix.field == field) sql = CallSql(CallOf(*fix.kind, field), {sql}, dialect);
  return sql;
}

Result<std::shared_ptr<arrow::Array>> Fixed(std::span<const Fix> fixes, const std::string& field,
                                            std::shared_ptr<arrow::Array> column) {
  for (const Fix& fix : fixes)
    if (fix.field == field) {
      INGOT_ASSIGN(column, fix.kind->apply(column));
    }
  return column;
}

void NeedField(const Place& place, const std::string& name, const ColumnTypes& columns) {
  if (!columns.contains(name))
    place.Take(TypeOf(Expression{.kind = Expression::Kind::kColumn, .text = name, .arguments = {}}, columns));
}

}  // namespace ingot::pipeline
