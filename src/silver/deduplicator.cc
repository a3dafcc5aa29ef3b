#include "silver/deduplicator.h"

#include <arrow/api.h>

#include <algorithm>
#include <tuple>

#include "base/rows.h"
#include "pipeline/source_position.h"

namespace ingot::silver {
namespace {

bool SameKey(const arrow::RecordBatch& a, uint32_t row_a, const arrow::RecordBatch& b, uint32_t row_b) {
  for (int i = 0; i < a.num_columns(); ++i)
    if (!a.column(i)->RangeEquals(row_a, int64_t(row_a) + 1, row_b, b.column(i),
                                  arrow::EqualOptions().nans_equal(true)))
      return false;
  return true;
}

}  // namespace

void Deduplicator::AddExisting(std::shared_ptr<arrow::RecordBatch> keys, std::vector<uint64_t> hashes) {
  std::lock_guard lock(mutex_);
  auto ordered = SelectColumns(*keys, key_);
  existing_.push_back({std::move(keys), std::move(ordered), std::move(hashes)});
}

void Deduplicator::Add(std::shared_ptr<arrow::RecordBatch> rows, std::vector<uint64_t> hashes) {
  std::lock_guard lock(mutex_);
  auto keys = SelectColumns(*rows, key_);
  rows_.push_back({std::move(rows), std::move(keys), std::move(hashes)});
}

std::vector<Deduplicator::Entry> Deduplicator::Sorted(const std::vector<Held>& held) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < held.size(); ++i)
    for (size_t row = 0; row < held[i].hashes.size(); ++row)
      entries.push_back({held[i].hashes[row], uint32_t(i), uint32_t(row)});
  std::ranges::sort(entries, {}, &Entry::hash);
  return entries;
}

bool Deduplicator::Before(const Entry& a, const Entry& b) const {
  // Rows that another engine added may lack a position; they are last.
  const auto position = [&](const Entry& entry) {
    const arrow::RecordBatch& rows = *rows_[entry.held].rows;
    const auto sources = rows.GetColumnByName(pipeline::kSource);
    const auto partitions = rows.GetColumnByName(pipeline::kSourcePartition);
    const auto offsets = rows.GetColumnByName(pipeline::kSourceOffset);
    const int64_t row = entry.row;
    const bool no_source = sources->IsNull(row), no_partition = partitions->IsNull(row),
               no_offset = offsets->IsNull(row);
    return std::tuple(no_source, no_source ? "" : static_cast<const arrow::StringArray&>(*sources).GetView(row),
                      no_partition, no_partition ? 0 : static_cast<const arrow::Int32Array&>(*partitions).Value(row),
                      no_offset, no_offset ? 0 : static_cast<const arrow::Int64Array&>(*offsets).Value(row));
  };
  return position(a) < position(b);
}

Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> Deduplicator::Survivors() const {
  const std::vector<Entry> existing = Sorted(existing_), entries = Sorted(rows_);
  std::vector<std::vector<bool>> keep;
  for (const Held& held : rows_) keep.emplace_back(held.hashes.size(), false);
  for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    while (end < entries.size() && entries[end].hash == entries[begin].hash) ++end;
    const auto known = std::ranges::equal_range(existing, entries[begin].hash, {}, &Entry::hash);
    std::vector<Entry> survivors;  // more than one only where different keys share a hash
    for (size_t i = begin; i < end; ++i) {
      const Entry& entry = entries[i];
      const auto same = [&](const Held& held, const Entry& other) {
        return SameKey(*rows_[entry.held].keys, entry.row, *held.keys, other.row);
      };
      if (std::ranges::any_of(known, [&](const Entry& other) { return same(existing_[other.held], other); })) continue;
      const auto other =
          std::ranges::find_if(survivors, [&](const Entry& other) { return same(rows_[other.held], other); });
      if (other == survivors.end())
        survivors.push_back(entry);
      else if (Before(entry, *other))
        *other = entry;
    }
    for (const Entry& survivor : survivors) keep[survivor.held][survivor.row] = true;
  }
  std::vector<std::shared_ptr<arrow::RecordBatch>> won;
  for (size_t i = 0; i < rows_.size(); ++i) {
    INGOT_ASSIGN(auto rows, FilterRows(rows_[i].rows, keep[i]));
    if (rows->num_rows() > 0) won.push_back(std::move(rows));
  }
  return won;
}

}  // namespace ingot::silver
