// The distinct rows of some columns, numbered in the order in which they came.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"

namespace ingot::gold {

/// Rows are told apart by 128 bits of hash.
class GroupTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t(0);

  /// The number of each row; rows that are new get the next ones.
  Result<std::vector<uint32_t>> Number(const std::shared_ptr<arrow::RecordBatch>& rows);
  /// Whether each row is there.
  Result<std::vector<bool>> Has(const arrow::RecordBatch& rows) const;

  size_t size() const { return size_; }
  /// The distinct rows in order of their numbers. Errors: kInternal when there are none.
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
