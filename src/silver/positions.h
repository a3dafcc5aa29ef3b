// The source position of a row as its identity: topic, partition, offset and ingestion time. The time distinguishes a
// topic from one that was recreated under its name. Copies by other engines keep the position.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot::silver {

/// The columns of bronze, silver and quarantine that hold the position.
const std::vector<std::string>& PositionColumns();

/// An exact set of positions: 8 bytes per row.
class SourcePositions {
 public:
  /// Adds the positions of rows that have (at least) PositionColumns. Thread-safe.
  Status Add(const arrow::RecordBatch& rows);
  /// Must be called after the last Add and before the first Find.
  void Seal();

  struct Found {
    std::vector<bool> known;    // by row
    bool unidentified = false;  // some row has no topic or no offset; it counts as unknown
  };
  Result<Found> Find(const arrow::RecordBatch& rows) const;

  /// Whether rows without a topic or an offset were added.
  bool HoldsUnidentified() const { return unidentified_; }

 private:
  struct From {
    std::string topic;
    int32_t partition;
    int64_t ingested_at;
    auto operator<=>(const From&) const = default;
  };
  template <typename Visit>
  static Status ForEach(const arrow::RecordBatch& rows, const Visit& visit);

  std::mutex mutex_;
  std::map<From, std::vector<int64_t>> offsets_;
  bool unidentified_ = false;
};

}  // namespace ingot::silver
