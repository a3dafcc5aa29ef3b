#include "silver/account.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/row_hash.h"
#include "base/rows.h"
#include "maintain/retention.h"
#include "pipeline/plan.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"
#include "silver/key_hash.h"
#include "silver/positions.h"
#include "silver/rule_evaluator.h"
#include "silver/step.h"
#include "stage/changes.h"
#include "stage/position_columns.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::Table;
using stage::Environment;

constexpr int64_t kBytesPerRow = 32;  // for a hash set that has just grown
constexpr size_t kExamplesMax = 5;

class Accounting {
 public:
  Accounting(const Environment& environment, Tables tables, const std::function<void(int64_t)>& progress)
      : environment_(environment),
        tables_(std::move(tables)),
        progress_(progress),
        unique_(tables_.spec->unique),
        rules_(*environment.pipeline, *tables_.spec),
        retained_(maintain::RemovedByRetention(*tables_.silver.metadata)),
        consumed_(stage::ConsumedSnapshot(*tables_.silver.metadata)) {}

  Result<Account> Run() {
    for (const Table* table : {&tables_.silver, &tables_.quarantine})
      if (auto by = stage::RowsDeletedBy(*table->metadata); !by.empty())
        account_.deleted_by = table->home.name.Text() + ": " + by;
    if (!consumed_) return account_;
    if (tables_.bronze.metadata->SnapshotById(*consumed_) == nullptr)
      return Fail(ErrorKind::kNotFound, fmt::format("snapshot {} of {}, which {} has consumed, has expired", *consumed_,
                                                    tables_.bronze.home.name.Text(), tables_.silver.home.name.Text()));
    int64_t rows = 0;
    for (const Table* table : {&tables_.silver, &tables_.quarantine}) {
      INGOT_ASSIGN(const auto plan,
                   rows::PlanScan(*table->home.storage, *table->metadata, {.columns = PositionColumns()}));
      rows += plan.RecordCount();
    }
    // The keys of bronze rows that are in neither table are also held.
    INGOT_ASSIGN(const auto bronze,
                 rows::PlanScan(*tables_.bronze.home.storage, *tables_.bronze.metadata,
                                {.snapshot_id = consumed_, .current_schema = true, .columns = PositionColumns()}));
    parts_ = 1 + uint64_t(std::max(rows, bronze.RecordCount()) * kBytesPerRow /
                          std::max<int64_t>(1, environment_.memory_bytes / 4));
    for (part_ = 0; part_ < parts_; ++part_) INGOT_TRY(AccountForPart());
    // Among this many hashes, some pairs are equal by chance.
    if (double(account_.duplicated) < double(rows) * double(rows) / 1e18) account_.duplicated = 0;
    return account_;
  }

 private:
  static rows::ScanOptions Columns(const std::vector<std::string>& columns) { return {.columns = columns}; }

  template <typename Work>
  Status ForEachBatch(const Table& table, const rows::ScanOptions& options, const Work& work) {
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, options));
    return rows::ForEachBatch(table, plan, environment_.threads, [&](size_t, const Batch& batch) -> Status {
      progress_(batch->num_rows());
      return work(batch);
    });
  }

  /// Calls `visit(row, hash)` for the rows of this part that have a position. Returns the number of rows in the batch
  /// without one.
  template <typename Visit>
  Result<int64_t> ForEachPosition(const arrow::RecordBatch& batch, const Visit& visit) const {
    const Batch positions = SelectColumns(batch, PositionColumns());
    INGOT_ASSIGN(const auto hashes, HashRows(*positions));
    const auto topics = positions->column(0), offsets = positions->column(2);
    int64_t without = 0;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (topics->IsNull(row) || offsets->IsNull(row))
        ++without;
      else if ((hashes[size_t(row)] >> 32) % parts_ == part_)
        visit(row, hashes[size_t(row)]);
    }
    return without;
  }

  Status AccountForPart() {
    held_ = HashSet();
    for (const Table* table : {&tables_.silver, &tables_.quarantine})
      INGOT_TRY(ForEachBatch(*table, Columns(PositionColumns()), [&](const Batch& batch) -> Status {
        std::lock_guard lock(mutex_);
        INGOT_TRY(ForEachPosition(*batch, [&](int64_t, uint64_t hash) { account_.duplicated += !held_.Insert(hash); }));
        return {};
      }));
    HashSet absent, found;  // keys of rows in neither table, and those of them that silver has
    INGOT_TRY(ForEachAbsent(true, [&](const arrow::RecordBatch& batch, const std::vector<int64_t>& rows,
                                      const std::vector<uint64_t>& keys) {
      for (const int64_t row : rows)
        if (unique_.empty())
          Miss(batch, row);
        else
          absent.Insert(keys[size_t(row)]);
    }));
    if (absent.size() == 0) return {};
    INGOT_TRY(ForEachBatch(tables_.silver, Columns(unique_), [&](const Batch& batch) -> Status {
      INGOT_ASSIGN(const auto keys, HashRows(*batch));
      std::lock_guard lock(mutex_);
      for (const uint64_t key : keys)
        if (absent.Contains(key)) found.Insert(key);
      return {};
    }));
    if (found.size() == absent.size()) return {};
    return ForEachAbsent(false, [&](const arrow::RecordBatch& batch, const std::vector<int64_t>& rows,
                                    const std::vector<uint64_t>& keys) {
      for (const int64_t row : rows)
        if (!found.Contains(keys[size_t(row)])) Miss(batch, row);
    });
  }

  /// Calls `visit(batch, rows, keys)` for the bronze rows of this part that are in neither table. Counts all rows with
  /// `count`.
  template <typename Visit>
  Status ForEachAbsent(bool count, const Visit& visit) {
    std::vector<std::string> fields = unique_;
    if (retained_) fields.push_back(retained_->column);
    std::vector<std::string> columns = rules_.InputsOf(fields);
    columns.insert(columns.end(), PositionColumns().begin(), PositionColumns().end());
    const rows::ScanOptions options{.snapshot_id = consumed_, .current_schema = true, .columns = columns};
    return ForEachBatch(tables_.bronze, options, [&](const Batch& batch) -> Status {
      std::vector<int64_t> rows;
      INGOT_ASSIGN(const int64_t without, ForEachPosition(*batch, [&](int64_t row, uint64_t hash) {
                     if (!held_.Contains(hash)) rows.push_back(row);
                   }));
      INGOT_TRY(SkipRetained(*batch, rows));
      std::vector<uint64_t> keys;
      if (!rows.empty() && !unique_.empty()) {
        INGOT_ASSIGN(const Batch fixed, rules_.Fixed(*batch, unique_));
        INGOT_ASSIGN(keys, HashRows(*fixed));
      }
      std::lock_guard lock(mutex_);
      if (count && part_ == 0) account_.rows += batch->num_rows(), account_.unidentified += without;
      visit(*batch, rows, keys);
      return {};
    });
  }

  Status SkipRetained(const arrow::RecordBatch& batch, std::vector<int64_t>& rows) const {
    if (!retained_ || rows.empty()) return {};
    INGOT_ASSIGN(const Batch fixed, rules_.Fixed(batch, {retained_->column}));
    const auto& times = static_cast<const arrow::TimestampArray&>(*fixed->column(0));
    std::erase_if(rows, [&](int64_t row) { return times.IsValid(row) && times.Value(row) < retained_->before_micros; });
    return {};
  }

  void Miss(const arrow::RecordBatch& batch, int64_t row) {
    if (++account_.missing > int64_t(kExamplesMax)) return;
    std::string example;
    for (const char* name : {pipeline::kSource, pipeline::kSourcePartition, pipeline::kSourceOffset})
      if (const auto column = DecodeDictionaries(batch.GetColumnByName(name)->Slice(row, 1)))
        if (const auto value = (*column)->GetScalar(0); value.ok())
          example += (example.empty() ? "" : " ") + (*value)->ToString();
    account_.examples.push_back(std::move(example));
  }

  const Environment& environment_;
  const Tables tables_;
  const std::function<void(int64_t)>& progress_;
  const std::vector<std::string>& unique_;
  const RuleEvaluator rules_;
  const std::optional<maintain::RemovedRows> retained_;
  const std::optional<iceberg::SnapshotId> consumed_;
  uint64_t part_ = 0, parts_ = 1;
  std::mutex mutex_;
  HashSet held_;  // positions of this part that are in silver or quarantine
  Account account_;
};

}  // namespace

Result<Account> AccountForRows(const Environment& environment, const pipeline::SilverSpec& spec,
                               const std::function<void(int64_t)>& progress) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  Tables tables;
  tables.spec = &spec;
  INGOT_ASSIGN(tables.silver.home, environment.Home(spec.table.table));
  INGOT_ASSIGN(tables.quarantine.home, environment.Home(spec.quarantine.table));
  INGOT_ASSIGN(tables.bronze.home, environment.Home(pipeline.bronze.table));
  INGOT_TRY(tables.Reload());
  INGOT_ASSIGN(tables.bronze, stage::WithPositionColumns(std::move(tables.bronze), BronzeSchema(pipeline)));
  INGOT_ASSIGN(tables.silver, stage::WithPositionColumns(std::move(tables.silver), SilverSchema(pipeline, spec)));
  INGOT_ASSIGN(tables.quarantine, stage::WithPositionColumns(std::move(tables.quarantine), QuarantineSchema(pipeline)));
  return Accounting(environment, std::move(tables), progress).Run();
}

}  // namespace ingot::silver
