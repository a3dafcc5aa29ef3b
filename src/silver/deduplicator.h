// Rows whose keys may not be unique, held until all are there: one of each key goes to silver, none of a key that
// silver has already.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot::silver {

/// Safe from several threads, but for Survivors.
class Deduplicator {
 public:
  explicit Deduplicator(std::vector<std::string> key) : key_(std::move(key)) {}

  /// Rows of silver: their keys lose every row. `hashes` as HashRows gives them; columns: the key.
  void AddExisting(std::shared_ptr<arrow::RecordBatch> keys, std::vector<uint64_t> hashes);
  /// Rows that want to go to silver; columns: the key, the source position and any others.
  void Add(std::shared_ptr<arrow::RecordBatch> rows, std::vector<uint64_t> hashes);

  /// Of the rows of each key that silver lacks the one with the lowest source
  /// position (_source, _source_partition, _source_offset); rows without a position are last.
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
