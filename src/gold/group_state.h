// The groups of a gold table with the state from which their measures are computed.
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

/// Evaluates the expressions on rows. Text may stay dictionary-encoded.
Result<std::shared_ptr<arrow::RecordBatch>> EvaluateColumns(const std::vector<pipeline::NamedExpression>& expressions,
                                                            const arrow::RecordBatch& rows);

/// A gold table's expressions, decomposed: groups, the aggregates that they need, and the measures over the results.
struct GoldPlan {
  explicit GoldPlan(const pipeline::GoldSpec& spec);

  struct Call {
    pipeline::Expression expression;
    size_t aggregate;  // index into `aggregates`
  };

  std::vector<pipeline::NamedExpression> group;
  std::vector<pipeline::NamedExpression> measures;  // over columns named ResultName(i), the result of calls[i]
  std::vector<Call> calls;
  std::vector<pipeline::Expression> aggregates;  // one call for each kept state
  std::vector<std::string> touched;              // names of the groups by which rows are found again (TouchedGroups)
  int64_t bytes_per_row = 0;                     // approximate state size per row
};

class GroupState {
 public:
  explicit GroupState(const GoldPlan& plan) : plan_(&plan) {}

  /// Adds rows of silver; with `only`, skips rows whose touched columns are not in it. Returns the number of rows
  /// added.
  Result<int64_t> Add(const std::shared_ptr<arrow::RecordBatch>& silver, const GroupTable* only);
  /// Moves the groups of `other` into this state; with `only`, those that it has.
  Status Merge(GroupState& other, const GroupTable* only);

  bool Empty() const { return groups_.size() == 0; }
  /// Returns the touched columns of all groups. The state must not be empty.
  Result<std::shared_ptr<arrow::RecordBatch>> Touched() const;
  /// Returns the rows of gold, ordered by group: group columns and measures. With `only`, returns the groups that it
  /// has.
  Result<std::shared_ptr<arrow::RecordBatch>> Rows(const GroupTable* only, int threads);
  /// Makes the groups in `only`, or all groups, small, and cheap to update and query.
  Status Settle(const GroupTable* only, int threads);
  size_t Bytes() const;

 private:
  Result<std::vector<uint32_t>> GroupsIn(const GroupTable* only) const;
  Result<std::shared_ptr<arrow::RecordBatch>> KeysOf(const std::vector<uint32_t>& groups) const;
  Status MakeAggregates(const std::vector<std::shared_ptr<arrow::Array>>& arguments);

  const GoldPlan* plan_;
  GroupTable groups_;
  std::vector<std::unique_ptr<Aggregate>> aggregates_;  // created by the first rows
};

}  // namespace ingot::gold
