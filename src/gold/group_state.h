// The groups of a gold table with all that is kept to tell their measures.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gold/aggregate.h"
#include "gold/group_table.h"
#include "pipeline/plan.h"

namespace ingot::gold {

/// A gold table's expressions taken apart: groups, the aggregates that they need, and the measures over their results.
struct GoldPlan {
  explicit GoldPlan(const pipeline::GoldSpec& spec);

  struct Call {
    pipeline::Expression expression;
    size_t aggregate;  // of `aggregates`
  };

  std::vector<pipeline::NamedExpression> group;
  std::vector<pipeline::NamedExpression> measures;  // over columns named ResultName(i), the result of calls[i]
  std::vector<Call> calls;
  std::vector<pipeline::Expression> aggregates;  // one call for each that is kept
  std::vector<std::string> touched;              // names of the groups by which rows are found again (TouchedGroups)
  int64_t bytes_per_row = 0;                     // kept of each row, about
};

class GroupState {
 public:
  explicit GroupState(const GoldPlan& plan) : plan_(&plan) {}

  /// Adds rows of silver; those whose touched columns are not in `only` are left out. Returns how many were added.
  Result<int64_t> Add(const std::shared_ptr<arrow::RecordBatch>& silver, const GroupTable* only);
  /// Takes over the groups of `other`, or only those that `only` has.
  Status Merge(GroupState& other, const GroupTable* only);

  bool Empty() const { return groups_.size() == 0; }
  /// The touched columns of all groups. Not for an empty state.
  Result<std::shared_ptr<arrow::RecordBatch>> Touched() const;
  /// The rows of gold, ordered by group: group columns and measures; of the groups that `only` has.
  Result<std::shared_ptr<arrow::RecordBatch>> Rows(const GroupTable* only, int threads);
  /// Makes the groups that `only` has, or all, small, and quick to add to and to ask again.
  Status Settle(const GroupTable* only, int threads);
  size_t Bytes() const;

 private:
  Result<std::vector<uint32_t>> GroupsIn(const GroupTable* only) const;
  Result<std::shared_ptr<arrow::RecordBatch>> KeysOf(const std::vector<uint32_t>& groups) const;
  Status MakeAggregates(const std::vector<std::shared_ptr<arrow::Array>>& arguments);

  const GoldPlan* plan_;
  GroupTable groups_;
  std::vector<std::unique_ptr<Aggregate>> aggregates_;  // made by the first rows
};

}  // namespace ingot::gold
