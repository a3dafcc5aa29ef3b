#include "silver/positions.h"

#include <arrow/api.h>

#include <algorithm>
#include <limits>

#include "base/rows.h"
#include "pipeline/source_position.h"

namespace ingot::silver {

const std::vector<std::string>& PositionColumns() {
  static const std::vector<std::string> columns{pipeline::kSource, pipeline::kSourcePartition, pipeline::kSourceOffset,
                                                "_ingested_at"};
  return columns;
}

/// Calls `visit(row, from, offset)`; `from` is nullptr for a row without a position.
template <typename Visit>
Status SourcePositions::ForEach(const arrow::RecordBatch& rows, const Visit& visit) {
  INGOT_ASSIGN(const auto picked, DecodeDictionaries(SelectColumns(rows, PositionColumns())));
  const auto& topics = static_cast<const arrow::StringArray&>(*picked->column(0));
  const auto& partitions = static_cast<const arrow::Int32Array&>(*picked->column(1));
  const auto& offsets = static_cast<const arrow::Int64Array&>(*picked->column(2));
  const auto& ingested = static_cast<const arrow::TimestampArray&>(*picked->column(3));
  From from{.topic = "", .partition = 0, .ingested_at = 0};
  for (int64_t row = 0; row < picked->num_rows(); ++row) {
    if (topics.IsNull(row) || offsets.IsNull(row)) {
      visit(row, nullptr, 0);
      continue;
    }
    if (from.topic != topics.GetView(row)) from.topic = topics.GetView(row);
    from.partition = partitions.IsValid(row) ? partitions.Value(row) : -1;
    from.ingested_at = ingested.IsValid(row) ? ingested.Value(row) : std::numeric_limits<int64_t>::min();
    visit(row, &from, offsets.Value(row));
  }
  return {};
}

Status SourcePositions::Add(const arrow::RecordBatch& rows) {
  std::lock_guard lock(mutex_);
  auto last = offsets_.end();
  return ForEach(rows, [&](int64_t, const From* from, int64_t offset) {
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
  INGOT_TRY(ForEach(rows, [&](int64_t row, const From* from, int64_t offset) {
    if (from == nullptr) {
      found.unidentified = true;
      return;
    }
    if (last == offsets_.end() || last->first != *from) last = offsets_.find(*from);
    found.known[size_t(row)] = last != offsets_.end() && std::ranges::binary_search(last->second, offset);
  }));
  return found;
}

}  // namespace ingot::silver
