#include "gold/changed_groups.h"

#include <algorithm>
#include <mutex>

#include "base/row_hash.h"
#include "base/rows.h"
#include "gold/group_state.h"
#include "rows/scan_relation.h"

namespace ingot::gold {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

constexpr uint64_t kSeedA = 1, kSeedB = 0x9e3779b97f4a7c15;

/// The rows after minus the rows before: the sums are zero if both have the same rows, in any order and in any files.
struct Balance {
  uint64_t a = 0, b = 0;  // sums of two independent hashes, modulo 2^64
  int64_t count = 0;
  int64_t read = 0;

  bool IsZero() const { return a == 0 && b == 0 && count == 0; }
};

class Balances {
 public:
  explicit Balances(const pipeline::GoldSpec& spec) : groups_(pipeline::TouchedGroups(spec)) {}

  /// `sign`: 1 for a row after, -1 for a row before. Thread-safe.
  Status Add(const Batch& rows, int sign) {
    INGOT_ASSIGN(const Batch keys, EvaluateColumns(groups_, *rows));
    INGOT_ASSIGN(const auto a, HashRows(*rows, kSeedA));
    INGOT_ASSIGN(const auto b, HashRows(*rows, kSeedB));
    std::lock_guard lock(mutex_);
    INGOT_ASSIGN(const auto numbers, table_.Number(keys));
    balances_.resize(table_.size());
    for (size_t row = 0; row < numbers.size(); ++row) {
      Balance& balance = balances_[numbers[row]];
      balance.a += uint64_t(sign) * a[row];
      balance.b += uint64_t(sign) * b[row];
      balance.count += sign;
      ++balance.read;
    }
    return {};
  }

  Result<ChangedGroups> Changed() const {
    ChangedGroups changed;
    std::vector<bool> differs;
    for (const Balance& balance : balances_) {
      differs.push_back(!balance.IsZero());
      if (differs.back()) changed.rows.push_back(balance.read);
    }
    if (changed.rows.empty()) return changed;
    INGOT_ASSIGN(const Batch all, table_.Rows());
    INGOT_ASSIGN(changed.groups, FilterRows(all, differs));
    return changed;
  }

 private:
  const std::vector<pipeline::NamedExpression> groups_;
  std::mutex mutex_;
  GroupTable table_;
  std::vector<Balance> balances_;  // by number in the table
};

}  // namespace

Result<ChangedGroups> FindChangedGroups(const iceberg::Table& silver, const stage::Difference& difference,
                                        const pipeline::GoldSpec& spec, int threads) {
  Balances balances(spec);
  for (const auto& [plan, sign] : {std::pair{&difference.before, -1}, std::pair{&difference.after, 1}})
    INGOT_TRY(rows::ForEachBatch(silver, *plan, threads,
                                 [&](size_t, const Batch& rows) { return balances.Add(rows, sign); }));
  return balances.Changed();
}

}  // namespace ingot::gold
