// Chooses, among candidate rows, those that silver gets: one of each key that silver does not have.
// The first pass reads only the keys. Their hashes identify the few possible duplicates, of each other or of rows that
// silver has in the same hours. The second pass holds these back; all others are certainly unique.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "silver/changed_rows.h"
#include "silver/deduplicator.h"
#include "silver/key_hash.h"
#include "silver/key_times.h"

namespace ingot::silver {

/// Cost: memory of 8 bytes per candidate during the first pass, plus the possible duplicates.
class UniqueRows {
 public:
  /// The arguments must outlive the object.
  UniqueRows(const pipeline::Pipeline& pipeline, const pipeline::SilverSpec& silver, int threads);

  /// Before the first pass, if silver follows deletes: the rows of `silver` that will be deleted do not count, and
  /// their keys are free. Candidates that have changed replace rows of silver with higher source positions.
  Status FreeKeys(const iceberg::Table& silver, std::shared_ptr<const ChangedRows> changed);
  bool HasFreeKeys() const { return free_.size() > 0; }
  /// Whether each of these keys is free.
  Result<std::vector<bool>> AreFree(const arrow::RecordBatch& keys) const;
  /// Adds candidates with free keys, in any pass. Thread-safe.
  Status Hold(const std::shared_ptr<arrow::RecordBatch>& rows);

  /// First pass: the keys of candidates. Calls with different `thread` may be concurrent.
  Status AddKeys(size_t thread, const arrow::RecordBatch& keys);
  /// Ends the first pass. Reads the keys of `silver`.
  Status FindPossibleDuplicates(const iceberg::Table& silver);
  /// Second pass: returns the rows that are certainly unique, and holds back the others. Thread-safe.
  Result<std::shared_ptr<arrow::RecordBatch>> Certain(const std::shared_ptr<arrow::RecordBatch>& rows);
  /// Of the rows that were held back: those that silver gets. And the rows of silver that they replace.
  Result<Deduplicator::Outcome> Survivors() const { return deduplicator_.Survivors(); }

 private:
  std::vector<std::string> KeysAndPositions() const;
  Status FindExisting(const iceberg::Table& silver);

  const std::vector<std::string>& key_;
  const int threads_;
  std::vector<HashParts> parts_;
  std::vector<KeyTimes> times_;
  std::shared_ptr<const ChangedRows> changed_;  // nullptr if silver does not follow deletes
  HashSet free_;                                // hashes of keys
  HashSet possible_duplicates_;
  Deduplicator deduplicator_;
};

}  // namespace ingot::silver
