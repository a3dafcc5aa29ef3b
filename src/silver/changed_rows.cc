#include "silver/changed_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "base/row_hash.h"
#include "base/rows.h"
#include "pipeline/plan.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

/// The rows before, by position, with a hash of their values.
class Versions {
 public:
  Status AddBefore(const arrow::RecordBatch& rows) {
    INGOT_ASSIGN(const auto hashes, HashRows(rows));
    std::lock_guard lock(mutex_);
    auto at = versions_.end();
    return ForEachPosition(rows, [&](int64_t row, const PositionOrigin* origin, int64_t offset) {
      const uint64_t hash = hashes[size_t(row)];
      if (origin == nullptr) {
        ++unidentified_[hash];
        return;
      }
      if (at == versions_.end() || at->first != *origin) at = versions_.try_emplace(*origin).first;
      at->second.push_back({offset, hash & ~kStates});
    });
  }

  void Seal() {
    for (auto& [origin, versions] : versions_) std::ranges::sort(versions, {}, &Version::offset);
  }

  Status AddAfter(const arrow::RecordBatch& rows) {
    INGOT_ASSIGN(const auto hashes, HashRows(rows));
    std::lock_guard lock(mutex_);
    auto at = versions_.end();
    return ForEachPosition(rows, [&](int64_t row, const PositionOrigin* origin, int64_t offset) {
      const uint64_t hash = hashes[size_t(row)];
      if (origin == nullptr) {
        if (const auto same = unidentified_.find(hash); same != unidentified_.end() && --same->second == 0)
          unidentified_.erase(same);
        return;
      }
      if (at == versions_.end() || at->first != *origin) at = versions_.find(*origin);
      if (at == versions_.end()) return;
      for (Version& version : std::ranges::equal_range(at->second, offset, {}, &Version::offset))
        version.hash |= (version.hash & ~kStates) == (hash & ~kStates) ? kSame : kOther;
    });
  }

  /// Whether rows without a position were deleted or changed.
  bool LostUnidentified() const { return !unidentified_.empty(); }

  /// Finds the changed rows, which must have a position.
  void CollectInto(ChangedRows& result) const {
    for (const auto& [origin, versions] : versions_)
      for (const Version& version : versions) {
        // A position that occurs more than once is computed again if one of its rows has changed.
        if ((version.hash & kStates) == kSame) continue;
        result.gone.Add(origin, version.offset);
        if ((version.hash & kStates) == 0) {
          ++result.deleted_rows;
          continue;
        }
        ++result.changed_rows;
        result.changed.Add(origin, version.offset);
      }
    result.gone.Seal();
    result.changed.Seal();
  }

 private:
  static constexpr uint64_t kSame = 1, kOther = 2, kStates = 3;  // what the rows after have at the position
  struct Version {
    int64_t offset;
    uint64_t hash;  // the two lowest bits are the state
  };

  std::mutex mutex_;
  std::map<PositionOrigin, std::vector<Version>> versions_;
  std::map<uint64_t, int64_t> unidentified_;  // the hashes of rows without a position that are only before
};

}  // namespace

Result<std::unique_ptr<ChangedRows>> FindChangedRows(const stage::Environment& environment,
                                                     const iceberg::Table& bronze, const stage::Changes& changes) {
  INGOT_ASSIGN(const auto difference, stage::PlanDifference(*bronze.home.storage, *bronze.metadata, changes,
                                                            pipeline::SilverInputColumns(*environment.pipeline)));
  constexpr int64_t kBytesPerRow = 24;
  if (difference.before.RecordCount() > environment.memory_bytes / 2 / kBytesPerRow)
    return Fail(ErrorKind::kUnsupported,
                fmt::format("table {}: {} rewrote files of {} rows that were consumed; to find those that were deleted "
                            "or changed, their positions must fit into half of the memory budget: run once with "
                            "--memory {}MB",
                            bronze.home.name.Text(), changes.rewriter, difference.before.RecordCount(),
                            difference.before.RecordCount() * kBytesPerRow * 2 / 1'000'000 + 1));
  auto found = std::make_unique<ChangedRows>();
  Versions versions;
  INGOT_TRY(
      rows::ForEachBatch(bronze, difference.before, environment.threads, [&](size_t, const Batch& rows) -> Status {
        INGOT_TRY(found->consumed.Add(*rows));
        return versions.AddBefore(*rows);
      }));
  found->consumed.Seal();
  versions.Seal();
  INGOT_TRY(rows::ForEachBatch(bronze, difference.after, environment.threads,
                               [&](size_t, const Batch& rows) { return versions.AddAfter(*rows); }));
  if (versions.LostUnidentified())
    return Fail(
        ErrorKind::kUnsupported,
        fmt::format("table {}: {} deleted or changed rows without _source and _source_offset, which "
                    "follow_deletes cannot find in silver: run once with follow_deletes: false, and change them "
                    "there (ingot table delete)",
                    bronze.home.name.Text(), changes.rewriter));
  versions.CollectInto(*found);
  return found;
}

Result<int64_t> CountDeletedRows(const stage::Environment& environment, const iceberg::Table& bronze,
                                 const stage::Changes& changes, int64_t new_rows) {
  INGOT_ASSIGN(const auto difference,
               stage::PlanDifference(*bronze.home.storage, *bronze.metadata, changes, {pipeline::kSourceOffset}));
  const auto count = [&](const rows::ScanPlan& plan) -> Result<int64_t> {
    std::atomic<int64_t> rows = 0;
    INGOT_TRY(rows::ForEachBatch(bronze, plan, environment.threads, [&](size_t, const Batch& batch) -> Status {
      rows += batch->num_rows();
      return {};
    }));
    return rows.load();
  };
  INGOT_ASSIGN(const int64_t before, count(difference.before));
  INGOT_ASSIGN(const int64_t after, count(difference.after));
  return std::max<int64_t>(0, before + new_rows - after);
}

}  // namespace ingot::silver
