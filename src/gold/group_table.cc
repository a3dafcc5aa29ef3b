#include "gold/group_table.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include "base/arrow_result.h"
#include "base/row_hash.h"
#include "base/rows.h"

namespace ingot::gold {
namespace {

constexpr uint64_t kSeedA = 1, kSeedB = 0x9e3779b97f4a7c15;

}  // namespace

size_t GroupTable::SlotOf(uint64_t a, uint64_t b) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = a & mask;
  while (slots_[slot].number != kNone && (slots_[slot].a != a || slots_[slot].b != b)) slot = (slot + 1) & mask;
  return slot;
}

void GroupTable::Grow() {
  std::vector<Slot> old(std::max<size_t>(64, slots_.size() * 2));
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.number != kNone) slots_[SlotOf(slot.a, slot.b)] = slot;
}

Result<std::vector<uint32_t>> GroupTable::Number(const std::shared_ptr<arrow::RecordBatch>& rows) {
  INGOT_ASSIGN(const auto a, HashRows(*rows, kSeedA));
  INGOT_ASSIGN(const auto b, HashRows(*rows, kSeedB));
  std::vector<uint32_t> numbers(a.size());
  arrow::Int64Builder fresh;
  for (size_t row = 0; row < a.size(); ++row) {
    if ((size_ + 1) * 2 > slots_.size()) Grow();
    Slot& slot = slots_[SlotOf(a[row], b[row])];
    if (slot.number == kNone) {
      slot = {a[row], b[row], uint32_t(size_++)};
      INGOT_ARROW(fresh.Append(int64_t(row)));
    }
    numbers[row] = slot.number;
  }
  if (fresh.length() == 0) return numbers;
  INGOT_ARROW_ASSIGN(const auto indices, fresh.Finish());
  INGOT_ARROW_ASSIGN(const auto taken, arrow::compute::Take(arrow::Datum(rows), arrow::Datum(indices)));
  INGOT_ASSIGN(auto plain, DecodeDictionaries(taken.record_batch()));
  rows_.push_back(std::move(plain));
  return numbers;
}

Result<std::vector<bool>> GroupTable::Has(const arrow::RecordBatch& rows) const {
  std::vector<bool> has(size_t(rows.num_rows()));
  if (size_ == 0) return has;
  INGOT_ASSIGN(const auto a, HashRows(rows, kSeedA));
  INGOT_ASSIGN(const auto b, HashRows(rows, kSeedB));
  for (size_t row = 0; row < a.size(); ++row) has[row] = slots_[SlotOf(a[row], b[row])].number != kNone;
  return has;
}

Result<std::shared_ptr<arrow::RecordBatch>> GroupTable::Rows() const {
  if (rows_.empty()) return Fail(ErrorKind::kInternal, "groups of a table that has none were requested");
  if (rows_.size() == 1) return rows_[0];
  INGOT_ARROW_ASSIGN(auto all, arrow::ConcatenateRecordBatches(rows_));
  return all;
}

}  // namespace ingot::gold
