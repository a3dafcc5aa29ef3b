// Holds the rows whose keys may not be unique until all are added. Then one row of each key goes to silver, or none if
// silver already has the key.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot::silver {

/// Thread-safe, except Survivors.
class Deduplicator {
 public:
  explicit Deduplicator(std::vector<std::string> key) : key_(std::move(key)) {}

  /// Adds rows of silver: new rows with their keys are duplicates. `hashes` are those of HashRows; the columns are the
  /// key.
  void AddExisting(std::shared_ptr<arrow::RecordBatch> keys, std::vector<uint64_t> hashes);
  /// Adds candidates for silver. Columns: the key, the source position and any others.
  void Add(std::shared_ptr<arrow::RecordBatch> rows, std::vector<uint64_t> hashes);

  /// For each key that silver lacks, returns the row with the lowest source position (_source, _source_partition,
  /// _source_offset). Rows without a position are last.
  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> Survivors() const;

 private:
  struct Held {
    std::shared_ptr<arrow::RecordBatch> rows, keys;
    std::vector<uint64_t> hashes;
  };
  struct Entry {
    uint64_t hash;
    uint32_t held;
    uint32_t row;
  };
  static std::vector<Entry> Sorted(const std::vector<Held>& held);
  bool Before(const Entry& a, const Entry& b) const;

  const std::vector<std::string> key_;
  std::mutex mutex_;
  std::vector<Held> existing_, rows_;
};

}  // namespace ingot::silver
