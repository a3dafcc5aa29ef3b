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

/// Whether a row has a lower source position than another one. Rows that another engine added may lack a position; they
/// are last.
bool Before(const arrow::RecordBatch& a, uint32_t row_a, const arrow::RecordBatch& b, uint32_t row_b) {
  const auto position = [](const arrow::RecordBatch& rows, int64_t row) {
    const auto sources = rows.GetColumnByName(pipeline::kSource);
    const auto partitions = rows.GetColumnByName(pipeline::kSourcePartition);
    const auto offsets = rows.GetColumnByName(pipeline::kSourceOffset);
    const bool no_source = sources->IsNull(row), no_partition = partitions->IsNull(row),
               no_offset = offsets->IsNull(row);
    return std::tuple(no_source, no_source ? "" : static_cast<const arrow::StringArray&>(*sources).GetView(row),
                      no_partition, no_partition ? 0 : static_cast<const arrow::Int32Array&>(*partitions).Value(row),
                      no_offset, no_offset ? 0 : static_cast<const arrow::Int64Array&>(*offsets).Value(row));
  };
  return position(a, row_a) < position(b, row_b);
}

}  // namespace

void Deduplicator::AddExisting(std::shared_ptr<arrow::RecordBatch> keys, std::vector<uint64_t> hashes) {
  std::lock_guard lock(mutex_);
  auto ordered = SelectColumns(*keys, key_);
  existing_.push_back({std::move(keys), std::move(ordered), std::move(hashes)});
}

void Deduplicator::Add(std::shared_ptr<arrow::RecordBatch> rows, std::vector<uint64_t> hashes,
                       std::vector<bool> may_replace) {
  std::lock_guard lock(mutex_);
  auto keys = SelectColumns(*rows, key_);
  rows_.push_back({std::move(rows), std::move(keys), std::move(hashes), std::move(may_replace)});
}

std::vector<Deduplicator::Entry> Deduplicator::Sorted(const std::vector<Held>& held) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < held.size(); ++i)
    for (size_t row = 0; row < held[i].hashes.size(); ++row)
      entries.push_back({held[i].hashes[row], uint32_t(i), uint32_t(row)});
  std::ranges::sort(entries, {}, &Entry::hash);
  return entries;
}

Result<Deduplicator::Outcome> Deduplicator::Survivors() const {
  const std::vector<Entry> existing = Sorted(existing_), entries = Sorted(rows_);
  const auto selection = [](const std::vector<Held>& held) {
    std::vector<std::vector<bool>> rows;
    for (const Held& batch : held) rows.emplace_back(batch.hashes.size(), false);
    return rows;
  };
  auto keep = selection(rows_), replaced = selection(existing_);
  for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    while (end < entries.size() && entries[end].hash == entries[begin].hash) ++end;
    const auto known = std::ranges::equal_range(existing, entries[begin].hash, {}, &Entry::hash);
    const auto same_key = [&](const Entry& entry, const std::vector<Held>& held) {
      return [&, entry](const Entry& other) {
        return SameKey(*rows_[entry.held].keys, entry.row, *held[other.held].keys, other.row);
      };
    };
    const auto stays = [&](const Entry& entry, const Entry& other) {
      return !MayReplace(entry) || !Before(*rows_[entry.held].rows, entry.row, *existing_[other.held].rows, other.row);
    };
    std::vector<Entry> survivors;  // more than one only where different keys share a hash
    for (size_t i = begin; i < end; ++i) {
      const Entry& entry = entries[i];
      const auto taken = std::ranges::find_if(known, same_key(entry, existing_));
      if (taken != known.end() && stays(entry, *taken)) continue;
      const auto other = std::ranges::find_if(survivors, same_key(entry, rows_));
      if (other == survivors.end())
        survivors.push_back(entry);
      else if (Before(*rows_[entry.held].rows, entry.row, *rows_[other->held].rows, other->row))
        *other = entry;
    }
    for (const Entry& survivor : survivors) {
      keep[survivor.held][survivor.row] = true;
      for (const Entry& other : known)
        if (same_key(survivor, existing_)(other)) replaced[other.held][other.row] = true;
    }
  }
  const auto chosen =
      [](const std::vector<Held>& held,
         const std::vector<std::vector<bool>>& selected) -> Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> {
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    for (size_t i = 0; i < held.size(); ++i) {
      INGOT_ASSIGN(auto rows, FilterRows(held[i].rows, selected[i]));
      if (rows->num_rows() > 0) batches.push_back(std::move(rows));
    }
    return batches;
  };
  Outcome outcome;
  INGOT_ASSIGN(outcome.survivors, chosen(rows_, keep));
  INGOT_ASSIGN(outcome.replaced, chosen(existing_, replaced));
  return outcome;
}

}  // namespace ingot::silver
