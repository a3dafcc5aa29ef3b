// Gates: the limits of rules (`fail_above`, `on_fail: fail`). New rows that exceed one are held back: neither silver
// nor its quarantine gets any of them. Source: docs/operations.md, "Quality gates".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/summary.h"
#include "pipeline/pipeline.h"

namespace ingot::stage {

/// Counts of rows that silver has not consumed.
struct RuleCounts {
  int64_t rows = 0;
  std::map<std::string, int64_t> broken_by_rule;

  void Add(const RuleCounts& other);
};

/// Rows that a gate holds back.
struct HeldRows {
  std::string table;                         // of silver
  std::optional<iceberg::SnapshotId> after;  // they follow this snapshot of bronze
  RuleCounts counts;
  std::map<std::string, std::string> samples_by_rule;  // a few broken rows, as a JSON list
  std::vector<std::string> rules;                      // whose limits are exceeded
  std::vector<std::string> reasons;                    // one line for each of them
  bool is_news = true;  // false: a follower has reported the same, or less than a minute ago
};

/// The rules whose limit is exceeded, in the order of the pipeline file.
std::vector<const pipeline::Rule*> ExceededRules(const pipeline::SilverSpec& silver, const RuleCounts& counts);

/// "rule x: 12 of 100 rows (12.0 %) are broken, more than the 5.0 % allowed".
std::string ExceededText(const pipeline::Rule& rule, const RuleCounts& counts);

/// What is held back and what to do, one line.
std::string HeldText(const HeldRows& held);

}  // namespace ingot::stage
