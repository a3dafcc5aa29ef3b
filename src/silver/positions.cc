#include "silver/positions.h"

#include <arrow/api.h>

#include <algorithm>
#include <limits>

#include "base/rows.h"
#include "pipeline/source_position.h"

namespace ingot::silver {

namespace {

constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();

}  // namespace

const std::vector<std::string>& PositionColumns() {
  static const std::vector<std::string> columns{pipeline::kSource, pipeline::kSourcePartition, pipeline::kSourceOffset,
                                                "_ingested_at"};
  return columns;
}

Status ForEachPosition(const arrow::RecordBatch& rows,
                       const std::function<void(int64_t, const PositionOrigin*, int64_t)>& visit) {
  INGOT_ASSIGN(const auto picked, DecodeDictionaries(SelectColumns(rows, PositionColumns())));
  const auto& topics = static_cast<const arrow::StringArray&>(*picked->column(0));
  const auto& partitions = static_cast<const arrow::Int32Array&>(*picked->column(1));
  const auto& offsets = static_cast<const arrow::Int64Array&>(*picked->column(2));
  const auto& ingested = static_cast<const arrow::TimestampArray&>(*picked->column(3));
  PositionOrigin from;
  for (int64_t row = 0; row < picked->num_rows(); ++row) {
    if (topics.IsNull(row) || offsets.IsNull(row)) {
      visit(row, nullptr, 0);
      continue;
    }
    if (from.topic != topics.GetView(row)) from.topic = topics.GetView(row);
    from.partition = partitions.IsValid(row) ? partitions.Value(row) : -1;
    from.ingested_at = ingested.IsValid(row) ? ingested.Value(row) : kNoTime;
    visit(row, &from, offsets.Value(row));
  }
  return {};
}

Status SourcePositions::Add(const arrow::RecordBatch& rows) {
  std::lock_guard lock(mutex_);
  auto last = offsets_.end();
  return ForEachPosition(rows, [&](int64_t, const PositionOrigin* from, int64_t offset) {
    if (from == nullptr) {
      unidentified_ = true;
      return;
    }
    if (last == offsets_.end() || last->first != *from) last = offsets_.try_emplace(*from).first;
    last->second.push_back(offset);
  });
}

void SourcePositions::Seal() {
  for (auto& [from, offsets] : offsets_) {
    offsets.shrink_to_fit();
    std::ranges::sort(offsets);
  }
}

Result<SourcePositions::Found> SourcePositions::Find(const arrow::RecordBatch& rows) const {
  Found found{.known = std::vector<bool>(size_t(rows.num_rows()))};
  auto last = offsets_.end();
  INGOT_TRY(ForEachPosition(rows, [&](int64_t row, const PositionOrigin* from, int64_t offset) {
    if (from == nullptr) {
      found.unidentified = true;
      return;
    }
    if (last == offsets_.end() || last->first != *from) last = offsets_.find(*from);
    found.known[size_t(row)] = last != offsets_.end() && std::ranges::binary_search(last->second, offset);
  }));
  return found;
}

iceberg::Filter SourcePositions::Filter() const {
  std::optional<std::pair<int64_t, int64_t>> span;
  for (const auto& [from, offsets] : offsets_) {
    if (from.ingested_at == kNoTime) return {};
    if (!span) span = {from.ingested_at, from.ingested_at};
    span = {std::min(span->first, from.ingested_at), std::max(span->second, from.ingested_at)};
  }
  if (!span) return {};
  return iceberg::And({iceberg::Compare("_ingested_at", iceberg::FilterOp::kGreaterOrEqual, span->first),
                       iceberg::Compare("_ingested_at", iceberg::FilterOp::kLessOrEqual, span->second)});
}

}  // namespace ingot::silver
