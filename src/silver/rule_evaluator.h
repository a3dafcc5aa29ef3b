// Applies the rules of the pipeline file to bronze rows: fixes, computed fields, and the rules that each row breaks.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::silver {

struct CheckedRows {
  std::shared_ptr<arrow::RecordBatch> rows;  // the fields, then the other input columns
  std::vector<uint64_t> broken;              // one bit per broken rule; empty when no row broke a rule
};

/// Thread-safe.
class RuleEvaluator {
 public:
  /// Both arguments must outlive the object.
  RuleEvaluator(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver);

  /// Applies fixes, computed fields and rules. A record that could not be parsed (`_error`) breaks "parse", and no
  /// other rule is applied to it. A check that is neither true nor false is not broken.
  Result<CheckedRows> Apply(const arrow::RecordBatch& bronze) const;

  /// The same with only the fields that rules read, from `_error` and the columns InputsOf(RuleFields()) of bronze.
  Result<CheckedRows> ApplyRules(const arrow::RecordBatch& bronze) const;
  std::vector<std::string> RuleFields() const { return {rule_fields_.begin(), rule_fields_.end()}; }
  /// The fields that the rule of this bit reads; none for "parse".
  std::vector<std::string> FieldsOf(size_t bit) const;

  /// Returns only the given fields, fixed and computed, from the columns InputsOf(fields) of bronze.
  Result<std::shared_ptr<arrow::RecordBatch>> Fixed(const arrow::RecordBatch& bronze,
                                                    const std::vector<std::string>& fields) const;
  std::vector<std::string> InputsOf(const std::vector<std::string>& fields) const;

  bool Quarantines(uint64_t broken) const { return (broken & quarantine_bits_) != 0; }
  /// The rows that no rule quarantines.
  Result<std::shared_ptr<arrow::RecordBatch>> Accepted(const CheckedRows& checked) const;
  /// The names of the rules by bit; "parse" is bit 0.
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::set<std::string> WithOrigins(const std::vector<std::string>& fields) const;
  Result<CheckedRows> ApplyTo(const arrow::RecordBatch& bronze, const std::set<std::string>& fields) const;
  Result<std::shared_ptr<arrow::RecordBatch>> Fix(const arrow::RecordBatch& bronze,
                                                  const std::set<std::string>& fields) const;

  const pipeline::Pipeline& pipeline_;
  const pipeline::SilverSpec& silver_;
  const std::vector<std::string> names_;
  const uint64_t quarantine_bits_;
  std::set<std::string> rule_fields_;
};

}  // namespace ingot::silver
