// The source position of a row as its identity: topic, partition, offset and ingestion time. The time distinguishes a
// topic from one that was recreated under its name. Copies by other engines keep the position.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/filter.h"

namespace ingot::silver {

/// The columns of bronze, silver and quarantine that hold the position.
const std::vector<std::string>& PositionColumns();

/// What a position refers to: an offset counts within it.
struct PositionOrigin {
  std::string topic;
  int32_t partition = 0;
  int64_t ingested_at = 0;
  auto operator<=>(const PositionOrigin&) const = default;
};

/// Calls `visit(row, origin, offset)` for each row; `origin` is nullptr for a row without a topic or an offset. The
/// rows have (at least) PositionColumns.
Status ForEachPosition(const arrow::RecordBatch& rows,
                       const std::function<void(int64_t, const PositionOrigin*, int64_t)>& visit);

/// An exact set of positions: 8 bytes per row.
class SourcePositions {
 public:
  /// Adds the positions of rows that have (at least) PositionColumns. Thread-safe.
  Status Add(const arrow::RecordBatch& rows);
  /// Not thread-safe.
  void Add(const PositionOrigin& origin, int64_t offset) { offsets_[origin].push_back(offset); }
  /// Must be called after the last Add and before the first Find.
  void Seal();

  struct Found {
    std::vector<bool> known;    // by row
    bool unidentified = false;  // some row has no topic or no offset; it counts as unknown
  };
  Result<Found> Find(const arrow::RecordBatch& rows) const;
  bool Empty() const { return offsets_.empty(); }
  /// Selects the files that may have these positions, by the ingestion time.
  iceberg::Filter Filter() const;

  /// Whether rows without a topic or an offset were added.
  bool HoldsUnidentified() const { return unidentified_; }

 private:
  std::mutex mutex_;
  std::map<PositionOrigin, std::vector<int64_t>> offsets_;
  bool unidentified_ = false;
};

}  // namespace ingot::silver
