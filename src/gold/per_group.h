// The common part of aggregates that keep a state per group.
#pragma once

#include <arrow/api.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "gold/aggregate.h"
#include "gold/group_table.h"

namespace ingot::gold {

/// The states of all groups in one vector, which grows with the groups. A State has Merge(State&), which may empty its
/// argument. A State with heap memory also has Settle() and HeapBytes().
template <typename State>
class PerGroup : public Aggregate {
  static constexpr bool kOnHeap = requires(State& state) { state.HeapBytes(); };

 public:
  Status Merge(Aggregate& other, std::span<const uint32_t> group, size_t count) override {
    auto& from = static_cast<PerGroup&>(other).states_;
    MakeRoom(count);
    for (size_t i = 0; i < from.size(); ++i)
      if (group[i] != GroupTable::kNone) states_[group[i]].Merge(from[i]);
    return {};
  }

  void Settle(std::span<const uint32_t> groups, int threads) override {
    if constexpr (kOnHeap)
      (void)ForEachInParallel(threads, groups.size(), [&](size_t, size_t i) -> Status {
        states_[groups[i]].Settle();
        return {};
      });
  }

  size_t Bytes() const override {
    size_t bytes = states_.capacity() * sizeof(State);
    if constexpr (kOnHeap)
      for (const State& state : states_) bytes += state.HeapBytes();
    return bytes;
  }

 protected:
  void MakeRoom(size_t count) { states_.resize(std::max(states_.size(), count)); }
  std::vector<State> states_;
};

/// Builds a column of value_of(group) for each group; null where it returns nothing.
template <typename Builder, typename ValueOf>
Result<std::shared_ptr<arrow::Array>> Build(std::span<const uint32_t> groups, const ValueOf& value_of) {
  Builder builder;
  INGOT_ARROW(builder.Reserve(int64_t(groups.size())));
  for (const uint32_t group : groups) {
    const auto value = value_of(group);
    value ? builder.UnsafeAppend(*value) : builder.UnsafeAppendNull();
  }
  INGOT_ARROW_ASSIGN(auto array, builder.Finish());
  return array;
}

/// Calls `take(row, value)` for each valid value of a column of long or double.
template <typename Take>
void ForEachNumber(const arrow::Array& values, const Take& take) {
  const auto scan = [&](const auto* numbers) {
    for (int64_t row = 0; row < values.length(); ++row)
      if (values.null_count() == 0 || values.IsValid(row)) take(size_t(row), double(numbers[row]));
  };
  if (values.type_id() == arrow::Type::INT64) return scan(values.data()->GetValues<int64_t>(1));
  scan(values.data()->GetValues<double>(1));
}

}  // namespace ingot::gold
