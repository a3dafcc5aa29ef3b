#include "silver/key_times.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/clock.h"

namespace ingot::silver {
namespace {

int64_t HourOf(int64_t micros) {
  return micros / kMicrosPerHour - (micros % kMicrosPerHour < 0);
}

}  // namespace

KeyTimes::KeyTimes(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver) {
  const auto columns = pipeline.Columns();
  for (const auto& [column, transform] : silver.table.partition) {
    const auto type = columns.find(column);
    if (type != columns.end() && type->second.id == iceberg::TypeId::kTimestamptz &&
        std::ranges::find(silver.unique, column) != silver.unique.end())
      column_ = column;
  }
}

void KeyTimes::Widen(int64_t hour, Range range) {
  const auto [at, added] = hours_.try_emplace(hour, range);
  if (added) return;
  at->second.first = std::min(at->second.first, range.first);
  at->second.last = std::max(at->second.last, range.last);
}

void KeyTimes::Add(const arrow::RecordBatch& keys) {
  if (column_.empty()) return;
  const auto column = keys.GetColumnByName(column_);
  const int64_t* values = column->data()->GetValues<int64_t>(1);
  nulls_ = nulls_ || column->null_count() > 0;
  std::optional<Range> range;
  int64_t hour = 0;
  for (int64_t row = 0; row < column->length(); ++row) {
    if (column->IsNull(row)) continue;
    const int64_t time = values[row];
    if (range && time >= hour * kMicrosPerHour && time - hour * kMicrosPerHour < kMicrosPerHour) {
      range->first = std::min(range->first, time);
      range->last = std::max(range->last, time);
      continue;
    }
    if (range) Widen(hour, *range);
    hour = HourOf(time);
    range = Range{time, time};
  }
  if (range) Widen(hour, *range);
}

void KeyTimes::Merge(const KeyTimes& other) {
  for (const auto& [hour, range] : other.hours_) Widen(hour, range);
  nulls_ = nulls_ || other.nulls_;
}

iceberg::Filter KeyTimes::Filter() const {
  if (column_.empty()) return {};
  std::vector<iceberg::Filter> ranges;
  for (const auto& [hour, range] : hours_)
    ranges.push_back(iceberg::And({Compare(column_, iceberg::FilterOp::kGreaterOrEqual, range.first),
                                   Compare(column_, iceberg::FilterOp::kLessOrEqual, range.last)}));
  if (nulls_) ranges.push_back(Compare(column_, iceberg::FilterOp::kIsNull, {}));
  return iceberg::Or(std::move(ranges));
}

}  // namespace ingot::silver
