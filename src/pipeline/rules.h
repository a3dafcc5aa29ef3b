// The rules of silver, and the fixes that come before them. A rule says which rows are broken: each kind of rule is one
// class and one row of the table in rules.cc. A fix changes a field and breaks nothing: each is one row there.
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

/// What a rule checks. Immutable, safe from several threads.
class RuleCheck {
 public:
  virtual ~RuleCheck() = default;
  /// The condition under which a row is broken; never null.
  virtual std::string BrokenSql(Dialect dialect) const = 0;
  /// Sets `bit` in `broken` for each broken row. `broken` is empty until some row is broken.
  virtual Status Mark(const arrow::RecordBatch& rows, uint64_t bit, std::vector<uint64_t>& broken) const = 0;
  /// Whether the field has a value in all rows that are not broken.
  virtual bool Requires(const std::string& field) const = 0;
  /// Its part of the definition (definition.h).
  virtual nlohmann::json Definition() const = 0;
};

struct Rule {
  std::string name;
  std::shared_ptr<const RuleCheck> check;
  bool quarantine = true;            // false: counted only
  std::optional<double> fail_above;  // share of rows beyond which the run ends with exit code 3
};

/// A kind of rule, named by its key in the pipeline file.
struct RuleKind {
  std::string_view key;
  bool takes_list;  // of fields; otherwise text
  std::string_view help;
  std::shared_ptr<const RuleCheck> (*read)(const Place& value, const ColumnTypes& columns);
};
std::span<const RuleKind> RuleKinds();

struct FixKind {
  std::string_view word;      // of the key `fix`
  std::string_view help;      // "trim: …"
  std::string_view function;  // the scalar function of one argument that it is in SQL
  Result<std::shared_ptr<arrow::Array>> (*apply)(const std::shared_ptr<arrow::Array>& column);
};
std::span<const FixKind> FixKinds();

struct Fix {
  std::string name;
  std::string field;
  const FixKind* kind;
};

/// Reads an item of silver.rules into one of the lists.
void ReadRuleOrFix(const Place& item, const ColumnTypes& columns, std::vector<Rule>& rules, std::vector<Fix>& fixes);

/// Broken rules are bits of one number: bit 0 is "parse", a record that could not be read; rule i is bit i + 1.
inline constexpr uint64_t kParseBit = 1;
inline constexpr size_t kRulesMax = 60;
constexpr uint64_t RuleBit(size_t rule) {
  return uint64_t(1) << (rule + 1);
}
/// The names by bit.
std::vector<std::string> RuleNames(std::span<const Rule> rules);
/// The bits of which one suffices to send a row to quarantine.
uint64_t QuarantineBits(std::span<const Rule> rules);

/// The SQL of the field's value after its fixes.
std::string FixedSql(std::span<const Fix> fixes, const std::string& field, std::string sql, Dialect dialect);
/// The same for a column.
Result<std::shared_ptr<arrow::Array>> Fixed(std::span<const Fix> fixes, const std::string& field,
                                            std::shared_ptr<arrow::Array> column);

/// Refuses a field that does not exist, and names the nearest one.
void NeedField(const Place& place, const std::string& name, const ColumnTypes& columns);

}  // namespace ingot::pipeline
