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
  /// key, and the source position if rows are added that may replace them.
  void AddExisting(std::shared_ptr<arrow::RecordBatch> keys, std::vector<uint64_t> hashes);
  /// Adds candidates for silver. Columns: the key, the source position and any others. `may_replace`: by row, whether
  /// it replaces a row of silver with a higher position; empty: none does.
  void Add(std::shared_ptr<arrow::RecordBatch> rows, std::vector<uint64_t> hashes, std::vector<bool> may_replace = {});

  struct Outcome {
    std::vector<std::shared_ptr<arrow::RecordBatch>> survivors;
    std::vector<std::shared_ptr<arrow::RecordBatch>> replaced;  // existing rows that they replace
  };
  /// For each key that silver lacks, returns the row with the lowest source position (_source, _source_partition,
  /// _source_offset). Rows without a position are last.
  Result<Outcome> Survivors() const;

 private:
  struct Held {
    std::shared_ptr<arrow::RecordBatch> rows, keys;
    std::vector<uint64_t> hashes;
    std::vector<bool> may_replace = {};
  };
  struct Entry {
    uint64_t hash;
    uint32_t held;
    uint32_t row;
  };
  static std::vector<Entry> Sorted(const std::vector<Held>& held);
  bool MayReplace(const Entry& entry) const {
    const auto& may_replace = rows_[entry.held].may_replace;
    return !may_replace.empty() && may_replace[entry.row];
  }

  const std::vector<std::string> key_;
  std::mutex mutex_;
  std::vector<Held> existing_, rows_;
};

}  // namespace ingot::silver
