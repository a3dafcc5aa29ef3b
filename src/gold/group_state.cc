#include "gold/group_state.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>
#include <numeric>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "pipeline/evaluate.h"

namespace ingot::gold {
namespace {

using arrow::RecordBatch;
using pipeline::Expression;
using Batch = std::shared_ptr<RecordBatch>;

std::string ResultName(size_t call) {
  return "#" + std::to_string(call);
}

bool HasArgument(const Expression& call) {
  return call.arguments[0].kind != Expression::Kind::kStar;
}

/// The kept state of a call as text. Calls with the same text share their state.
std::string KeptFor(const Expression& call) {
  return std::to_string(ComputationOf(AggregateOf(call)).index()) + " of " +
         ToSql(call.arguments[0], pipeline::Dialect::kEmbedded);
}

}  // namespace

Result<Batch> EvaluateColumns(const std::vector<pipeline::NamedExpression>& expressions, const RecordBatch& rows) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& [name, expression, type] : expressions) {
    INGOT_ASSIGN(auto column, pipeline::EvaluateAs(expression, type, rows));
    fields.push_back(arrow::field(name, column->type()));
    columns.push_back(std::move(column));
  }
  return RecordBatch::Make(arrow::schema(std::move(fields)), rows.num_rows(), std::move(columns));
}

GoldPlan::GoldPlan(const pipeline::GoldSpec& spec) : group(spec.group), measures(spec.measures) {
  std::vector<std::string> kept;
  const auto take_apart = [&](auto& self, Expression& expression) -> void {
    if (const auto* const function = pipeline::FindFunction(expression);
        function == nullptr || !function->IsAggregate()) {
      for (Expression& argument : expression.arguments) self(self, argument);
      return;
    }
    const std::string text = KeptFor(expression);
    const size_t at = size_t(std::ranges::find(kept, text) - kept.begin());
    if (at == kept.size()) {
      kept.push_back(text);
      aggregates.push_back(expression);
      bytes_per_row += std::visit([](auto of) { return of.kBytesPerRow; }, ComputationOf(AggregateOf(expression)));
    }
    const std::string name = ResultName(calls.size());
    calls.push_back({std::move(expression), at});
    expression = {.kind = Expression::Kind::kColumn, .text = name};
  };
  for (auto& measure : measures) take_apart(take_apart, measure.expression);
  for (const auto& named : pipeline::TouchedGroups(spec)) touched.push_back(named.name);
}

Status GroupState::MakeAggregates(const std::vector<std::shared_ptr<arrow::Array>>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    INGOT_ASSIGN(auto aggregate,
                 MakeAggregate(plan_->aggregates[i], arguments[i] ? arguments[i]->type() : arrow::null()));
    aggregates_.push_back(std::move(aggregate));
  }
  return {};
}

Result<int64_t> GroupState::Add(const Batch& silver, const GroupTable* only) {
  Batch rows = silver;
  INGOT_ASSIGN(Batch keys, EvaluateColumns(plan_->group, *rows));
  if (only != nullptr) {
    INGOT_ASSIGN(const auto keep, only->Has(*SelectColumns(*keys, plan_->touched)));
    INGOT_ASSIGN(rows, FilterRows(rows, keep));
    INGOT_ASSIGN(keys, FilterRows(keys, keep));
  }
  if (rows->num_rows() == 0) return 0;
  INGOT_ASSIGN(const auto numbers, groups_.Number(keys));
  std::vector<std::shared_ptr<arrow::Array>> arguments;
  for (const Expression& call : plan_->aggregates) {
    std::shared_ptr<arrow::Array> argument;
    if (HasArgument(call)) {
      INGOT_ASSIGN(argument, pipeline::Evaluate(call.arguments[0], *rows));
      INGOT_ASSIGN(argument, DecodeDictionaries(argument));
    }
    arguments.push_back(std::move(argument));
  }
  if (aggregates_.empty()) INGOT_TRY(MakeAggregates(arguments));
  for (size_t i = 0; i < arguments.size(); ++i)
    INGOT_TRY(aggregates_[i]->Add(arguments[i].get(), numbers, groups_.size()));
  return rows->num_rows();
}

Result<std::vector<uint32_t>> GroupState::GroupsIn(const GroupTable* only) const {
  std::vector<uint32_t> groups(groups_.size());
  std::iota(groups.begin(), groups.end(), 0);
  if (only == nullptr || groups.empty()) return groups;
  INGOT_ASSIGN(const Batch touched, Touched());
  INGOT_ASSIGN(const auto has, only->Has(*touched));
  std::erase_if(groups, [&](uint32_t group) { return !has[group]; });
  return groups;
}

Result<Batch> GroupState::KeysOf(const std::vector<uint32_t>& groups) const {
  std::vector<bool> keep(groups_.size());
  for (const uint32_t group : groups) keep[group] = true;
  INGOT_ASSIGN(const Batch all, groups_.Rows());
  return FilterRows(all, keep);
}

Status GroupState::Merge(GroupState& other, const GroupTable* only) {
  if (other.Empty()) return {};
  INGOT_ASSIGN(const auto taken, other.GroupsIn(only));
  if (taken.empty()) return {};
  INGOT_ASSIGN(const Batch keys, other.KeysOf(taken));
  INGOT_ASSIGN(const auto numbers, groups_.Number(keys));
  std::vector<uint32_t> group(other.groups_.size(), GroupTable::kNone);
  for (size_t i = 0; i < taken.size(); ++i) group[taken[i]] = numbers[i];
  if (aggregates_.empty() && taken.size() == other.groups_.size() && groups_.size() == taken.size()) {
    aggregates_ = std::move(other.aggregates_);  // the group numbers are also the same
    return {};
  }
  if (aggregates_.empty()) {
    // Empty aggregates of the same classes.
    for (size_t i = 0; i < other.aggregates_.size(); ++i) {
      INGOT_ASSIGN(const auto empty, other.aggregates_[i]->Value(plan_->aggregates[i], {}, 1));
      INGOT_ASSIGN(auto aggregate, MakeAggregate(plan_->aggregates[i], empty->type()));
      aggregates_.push_back(std::move(aggregate));
    }
  }
  for (size_t i = 0; i < aggregates_.size(); ++i)
    INGOT_TRY(aggregates_[i]->Merge(*other.aggregates_[i], group, groups_.size()));
  return {};
}

Result<Batch> GroupState::Touched() const {
  INGOT_ASSIGN(const Batch keys, groups_.Rows());
  return SelectColumns(*keys, plan_->touched);
}

Result<Batch> GroupState::Rows(const GroupTable* only, int threads) {
  INGOT_ASSIGN(const auto groups, GroupsIn(only));
  INGOT_ASSIGN(const Batch keys, KeysOf(groups));
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (size_t i = 0; i < plan_->calls.size(); ++i) {
    const auto& [call, aggregate] = plan_->calls[i];
    INGOT_ASSIGN(auto column, aggregates_[aggregate]->Value(call, groups, threads));
    fields.push_back(arrow::field(ResultName(i), column->type()));
    columns.push_back(std::move(column));
  }
  const int64_t count = int64_t(groups.size());
  const auto results = RecordBatch::Make(arrow::schema(std::move(fields)), count, std::move(columns));
  INGOT_ASSIGN(const Batch measures, EvaluateColumns(plan_->measures, *results));
  fields = keys->schema()->fields();
  columns = keys->columns();
  std::ranges::copy(measures->schema()->fields(), std::back_inserter(fields));
  std::ranges::copy(measures->columns(), std::back_inserter(columns));
  const auto rows = RecordBatch::Make(arrow::schema(std::move(fields)), count, std::move(columns));
  std::vector<arrow::compute::SortKey> order;
  for (const auto& named : plan_->group) order.emplace_back(named.name);
  INGOT_ARROW_ASSIGN(const auto indices, arrow::compute::SortIndices(rows, arrow::compute::SortOptions(order)));
  INGOT_ARROW_ASSIGN(const auto sorted, arrow::compute::Take(arrow::Datum(rows), arrow::Datum(indices)));
  return sorted.record_batch();
}

Status GroupState::Settle(const GroupTable* only, int threads) {
  INGOT_ASSIGN(const auto groups, GroupsIn(only));
  for (const auto& aggregate : aggregates_) aggregate->Settle(groups, threads);
  return {};
}

size_t GroupState::Bytes() const {
  size_t bytes = 0;
  for (const auto& aggregate : aggregates_) bytes += aggregate->Bytes();
  return bytes;
}

}  // namespace ingot::gold
