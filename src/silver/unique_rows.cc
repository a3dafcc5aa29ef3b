#include "silver/unique_rows.h"

#include <algorithm>
#include <functional>
#include <mutex>

#include "base/row_hash.h"
#include "base/rows.h"
#include "rows/scan_relation.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

template <typename Wanted>
std::vector<bool> Which(const std::vector<uint64_t>& hashes, const Wanted& wanted) {
  std::vector<bool> which(hashes.size());
  std::transform(hashes.begin(), hashes.end(), which.begin(), wanted);
  return which;
}

std::vector<uint64_t> Kept(const std::vector<uint64_t>& hashes, const std::vector<bool>& keep) {
  std::vector<uint64_t> kept;
  for (size_t row = 0; row < hashes.size(); ++row)
    if (keep[row]) kept.push_back(hashes[row]);
  return kept;
}

}  // namespace

UniqueRows::UniqueRows(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver, int threads)
    : key_(silver.unique),
      threads_(std::max(1, threads)),
      parts_(size_t(threads_)),
      times_(parts_.size(), KeyTimes(pipeline, silver)),
      deduplicator_(silver.unique) {}

std::vector<std::string> UniqueRows::KeysAndPositions() const {
  std::vector<std::string> columns = key_;
  for (const std::string& column : PositionColumns())
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  return columns;
}

Status UniqueRows::FreeKeys(const iceberg::Table& silver, std::shared_ptr<const ChangedRows> changed) {
  changed_ = std::move(changed);
  const rows::ScanOptions options{.columns = KeysAndPositions(), .filter = changed_->gone.Filter()};
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*silver.home.storage, *silver.metadata, options));
  std::mutex mutex;
  return rows::ForEachBatch(silver, plan, threads_, [&](size_t thread, const Batch& batch) -> Status {
    INGOT_ASSIGN(const auto gone, changed_->gone.Find(*batch));
    if (std::ranges::none_of(gone.known, std::identity())) return {};
    INGOT_ASSIGN(const Batch rows, FilterRows(batch, gone.known));
    const Batch keys = SelectColumns(*rows, key_);
    INGOT_TRY(AddKeys(thread, *keys));
    INGOT_ASSIGN(const auto hashes, HashRows(*keys));
    std::lock_guard lock(mutex);
    for (const uint64_t hash : hashes) free_.Insert(hash), possible_duplicates_.Insert(hash);
    return {};
  });
}

Result<std::vector<bool>> UniqueRows::AreFree(const arrow::RecordBatch& keys) const {
  INGOT_ASSIGN(const auto hashes, HashRows(keys));
  return Which(hashes, [&](uint64_t hash) { return free_.Contains(hash); });
}

Status UniqueRows::Hold(const Batch& rows) {
  INGOT_ASSIGN(const Batch held, DecodeDictionaries(rows));
  INGOT_ASSIGN(auto hashes, HashRows(*SelectColumns(*held, key_)));
  deduplicator_.Add(held, std::move(hashes));
  return {};
}

Status UniqueRows::AddKeys(size_t thread, const arrow::RecordBatch& keys) {
  INGOT_ASSIGN(const auto hashes, HashRows(keys));
  parts_[thread].Add(hashes);
  times_[thread].Add(keys);
  return {};
}

Status UniqueRows::FindPossibleDuplicates(const iceberg::Table& silver) {
  INGOT_ASSIGN(const auto repeated, FindRepeated(parts_, threads_));
  for (const uint64_t hash : repeated) possible_duplicates_.Insert(hash);
  for (size_t thread = 1; thread < times_.size(); ++thread) times_[0].Merge(times_[thread]);
  INGOT_TRY(FindExisting(silver));
  parts_.clear();
  return {};
}

/// Finds the keys of silver that the candidates may also have.
Status UniqueRows::FindExisting(const iceberg::Table& silver) {
  rows::ScanOptions options{.columns = changed_ ? KeysAndPositions() : key_, .filter = times_[0].Filter()};
  INGOT_ASSIGN(auto plan, rows::PlanScan(*silver.home.storage, *silver.metadata, options));
  if (plan.tasks.empty()) return {};
  size_t count = 0;
  for (const HashParts& all : parts_) count += all.size();
  HashFilter fresh(count);
  for (const HashParts& all : parts_)
    for (size_t part = 0; part < HashParts::kParts; ++part)
      for (const uint64_t hash : all.part(part)) fresh.Insert(hash);
  std::mutex mutex;
  return rows::ForEachBatch(silver, plan, threads_, [&](size_t, const Batch& batch) -> Status {
    Batch rows = batch, keys = batch;
    if (changed_) {
      INGOT_ASSIGN(auto gone, changed_->gone.Find(*batch));
      gone.known.flip();
      INGOT_ASSIGN(rows, FilterRows(batch, gone.known));
      keys = SelectColumns(*rows, key_);
    }
    INGOT_ASSIGN(auto hashes, HashRows(*keys));
    const auto keep = Which(hashes, [&](uint64_t hash) { return fresh.MayContain(hash); });
    if (std::ranges::none_of(keep, std::identity())) return {};
    INGOT_ASSIGN(Batch found, FilterRows(rows, keep));
    INGOT_ASSIGN(found, DecodeDictionaries(found));
    hashes = Kept(hashes, keep);
    std::lock_guard lock(mutex);
    for (const uint64_t hash : hashes) possible_duplicates_.Insert(hash);
    deduplicator_.AddExisting(found, std::move(hashes));
    return {};
  });
}

Result<Batch> UniqueRows::Certain(const Batch& rows) {
  if (possible_duplicates_.size() == 0) return rows;
  INGOT_ASSIGN(const auto hashes, HashRows(*SelectColumns(*rows, key_)));
  auto possible = Which(hashes, [&](uint64_t hash) { return possible_duplicates_.Contains(hash); });
  if (std::ranges::none_of(possible, std::identity())) return rows;
  INGOT_ASSIGN(Batch held, FilterRows(rows, possible));
  INGOT_ASSIGN(held, DecodeDictionaries(held));
  std::vector<bool> may_replace;
  if (changed_) {
    INGOT_ASSIGN(auto changed, changed_->changed.Find(*held));
    may_replace = std::move(changed.known);
  }
  deduplicator_.Add(held, Kept(hashes, possible), std::move(may_replace));
  possible.flip();
  return FilterRows(rows, possible);
}

}  // namespace ingot::silver
