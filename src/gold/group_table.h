// Numbers the distinct rows of some columns in order of arrival.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"

namespace ingot::gold {

/// Rows are distinguished by 128-bit hashes.
class GroupTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t(0);

  /// Returns the number of each row. New rows get the next numbers.
  Result<std::vector<uint32_t>> Number(const std::shared_ptr<arrow::RecordBatch>& rows);
  /// Whether the table has each row.
  Result<std::vector<bool>> Has(const arrow::RecordBatch& rows) const;

  size_t size() const { return size_; }
  /// Returns the distinct rows in order of their numbers. Errors: kInternal for an empty table.
  Result<std::shared_ptr<arrow::RecordBatch>> Rows() const;

 private:
  struct Slot {
    uint64_t a = 0, b = 0;
    uint32_t number = kNone;
  };
  size_t SlotOf(uint64_t a, uint64_t b) const;
  void Grow();

  std::vector<Slot> slots_;
  size_t size_ = 0;
  std::vector<std::shared_ptr<arrow::RecordBatch>> rows_;
};

}  // namespace ingot::gold
