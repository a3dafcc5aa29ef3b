#include "stage/held_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::stage {
namespace {

int64_t BrokenIn(const RuleCounts& counts, const std::string& rule) {
  const auto found = counts.broken_by_rule.find(rule);
  return found == counts.broken_by_rule.end() ? 0 : found->second;
}

}  // namespace

void RuleCounts::Add(const RuleCounts& other) {
  rows += other.rows;
  for (const auto& [rule, broken] : other.broken_by_rule) broken_by_rule[rule] += broken;
}

std::vector<const pipeline::Rule*> ExceededRules(const pipeline::SilverSpec& silver, const RuleCounts& counts) {
  std::vector<const pipeline::Rule*> exceeded;
  if (counts.rows == 0) return exceeded;
  // Divided, not multiplied: 29 of 100 rows are not more than 29 %.
  for (const pipeline::Rule& rule : silver.rules)
    if (rule.fail_above && double(BrokenIn(counts, rule.name)) / double(counts.rows) > *rule.fail_above)
      exceeded.push_back(&rule);
  return exceeded;
}

std::string ExceededText(const pipeline::Rule& rule, const RuleCounts& counts) {
  const int64_t broken = BrokenIn(counts, rule.name);
  return fmt::format("rule {}: {} of {} rows ({:.1f} %) are broken, more than the {:.1f} % allowed", rule.name, broken,
                     counts.rows, double(broken) / double(counts.rows) * 100, rule.fail_above.value_or(0) * 100);
}

std::string HeldText(const HeldRows& held) {
  return fmt::format(
      "{}: {} rows are held back from {} and its quarantine until the rule or the data is corrected, or `ingot run "
      "--publish-anyway` publishes them",
      fmt::join(held.reasons, "; "), held.counts.rows, held.table);
}

}  // namespace ingot::stage
