// Where rows came from, as their identity: topic, partition, offset, and when they were ingested, which tells a topic
// from one that was made anew under its name. Rows that other engines copy keep it.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot::silver {

/// The columns of bronze, silver and quarantine that tell it.
const std::vector<std::string>& PositionColumns();

/// A set of positions, exact: 8 bytes a row.
class SourcePositions {
 public:
  /// Of rows with (at least) PositionColumns. Safe from several threads.
  Status Add(const arrow::RecordBatch& rows);
  /// After the last Add and before the first Find.
  void Seal();

  struct Found {
    std::vector<bool> known;    // by row
    bool unidentified = false;  // a row has no topic or no offset; it counts as unknown
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
