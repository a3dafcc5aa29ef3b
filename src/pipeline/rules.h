// The rules of silver, and the fixes that are applied before them. A rule decides which rows are broken. Each kind of
// rule is one class and one row of the table in rules.cc. A fix changes a field and never breaks a row. Each kind of
// fix is one row in rules.cc.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/expression.h"

namespace ingot::pipeline {

class Place;

/// The check of a rule. Immutable and thread-safe.
class RuleCheck {
 public:
  virtual ~RuleCheck() = default;
  /// The SQL condition under which a row is broken. It is never null.
  virtual std::string BrokenSql(Dialect dialect) const = 0;
  /// Sets `bit` in `broken` for each broken row. `broken` stays empty until the first broken row.
  virtual Status Mark(const arrow::RecordBatch& rows, uint64_t bit, std::vector<uint64_t>& broken) const = 0;
  /// Whether the field has a value in every row that is not broken.
  virtual bool Requires(const std::string& field) const = 0;
  /// The part of this check in the definition (definition.h).
  virtual nlohmann::json Definition() const = 0;
  /// The fields that must have a value, as written; the condition. Each kind of rule has one of them.
  virtual std::vector<std::string> Fields() const { return {}; }
  virtual const Expression* Condition() const { return nullptr; }
};

struct Rule {
  std::string name;
  std::shared_ptr<const RuleCheck> check;
  bool quarantine = true;            // false: counted only
  std::optional<double> fail_above;  // the gate: the share of broken rows above which they are held back
};

/// A kind of rule, named by its key in the pipeline file.
struct RuleKind {
  std::string_view key;
  bool takes_list;  // a list of fields; otherwise text
  std::string_view help;
  std::shared_ptr<const RuleCheck> (*read)(const Place& value, const ColumnTypes& columns);
};
std::span<const RuleKind> RuleKinds();

struct FixKind {
  std::string_view word;      // the value of the key `fix`
  std::string_view help;      // "trim: …"
  std::string_view function;  // its scalar function in SQL, with one argument
  Result<std::shared_ptr<arrow::Array>> (*apply)(const std::shared_ptr<arrow::Array>& column);
};
std::span<const FixKind> FixKinds();

struct Fix {
  std::string name;
  std::string field;
  const FixKind* kind;
};

/// Reads an item of silver.rules and appends it to `rules` or `fixes`. Throws Refusal.
void ReadRuleOrFix(const Place& item, const ColumnTypes& columns, std::vector<Rule>& rules, std::vector<Fix>& fixes);

/// Broken rules are bits of one number. Bit 0 is "parse": the record could not be read. Rule i is bit i + 1.
inline constexpr uint64_t kParseBit = 1;
inline constexpr size_t kRulesMax = 60;
constexpr uint64_t RuleBit(size_t rule) {
  return uint64_t(1) << (rule + 1);
}
/// The names of the rules, in the order of their bits.
std::vector<std::string> RuleNames(std::span<const Rule> rules);
/// The bits of the rules that quarantine a row. One of them is enough.
uint64_t QuarantineBits(std::span<const Rule> rules);

/// Whether a rule can hold rows back.
bool HasGate(std::span<const Rule> rules);

/// The SQL of the field's value after its fixes. Input: `sql`: the value before.
std::string FixedSql(std::span<const Fix> fixes, const std::string& field, std::string sql, Dialect dialect);
/// Applies the fixes of the field to a column.
Result<std::shared_ptr<arrow::Array>> Fixed(std::span<const Fix> fixes, const std::string& field,
                                            std::shared_ptr<arrow::Array> column);

/// Throws Refusal for a field that does not exist, with the nearest name.
void NeedField(const Place& place, const std::string& name, const ColumnTypes& columns);

}  // namespace ingot::pipeline
