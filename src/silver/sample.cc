#include "silver/sample.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <mutex>
#include <unordered_map>

#include "base/row_hash.h"
#include "base/rows.h"
#include "maintain/retention.h"
#include "pipeline/plan.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"
#include "silver/key_times.h"
#include "silver/positions.h"
#include "silver/rule_evaluator.h"
#include "silver/step.h"
#include "stage/changes.h"

namespace ingot::silver {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::Table;
using stage::Environment;
using stage::Sample;
using stage::SampledRow;

constexpr double kTolerance = 1e-12;

/// A bronze row of the sample.
struct SampleRow {
  size_t batch = 0;  // index into the checked batches
  int64_t row = 0;
  uint64_t position = 0;   // hash of its source position
  bool key_taken = false;  // silver has its key in another row
  stage::SampledResult before;
  stage::SampledResult after;  // the values that differ, if both are in the same table
};

class Sampling {
 public:
  Sampling(const Environment& environment, Tables tables, const SampleOptions& options)
      : environment_(environment),
        pipeline_(*environment.pipeline),
        spec_(*tables.spec),
        tables_(std::move(tables)),
        options_(options),
        rules_(pipeline_, spec_) {
    for (const pipeline::FieldSpec& field : pipeline_.fields) fields_.push_back(field.name);
  }

  Result<Sample> Run() {
    Sample sample;
    for (const Table* table : {&tables_.bronze, &tables_.silver, &tables_.quarantine})
      if (stage::ColumnsIn(*table, PositionColumns()).size() < PositionColumns().size()) {
        sample.unchecked = fmt::format("{} has no source positions", table->home.name.Text());
        return sample;
      }
    const auto consumed = Consumed();
    if (!consumed) return sample;
    if (tables_.bronze.metadata->SnapshotById(*consumed) == nullptr) {
      sample.unchecked = fmt::format("snapshot {} of {}, which {} has consumed, has expired", *consumed,
                                     tables_.bronze.home.name.Text(), tables_.silver.home.name.Text());
      return sample;
    }
    INGOT_TRY(ReadBronze(*consumed));
    INGOT_TRY(FindRows(tables_.silver, false));
    INGOT_TRY(FindRows(tables_.quarantine, true));
    if (!spec_.unique.empty()) INGOT_TRY(FindKeys());
    for (SampleRow& row : rows_) INGOT_TRY(Compare(row, sample));
    return sample;
  }

 private:
  /// The bronze snapshot that both tables have consumed.
  std::optional<iceberg::SnapshotId> Consumed() const {
    const auto silver = stage::ConsumedSnapshot(*tables_.silver.metadata),
               quarantine = stage::ConsumedSnapshot(*tables_.quarantine.metadata);
    if (!silver || !quarantine) return std::nullopt;
    const auto chain = AncestorsOf(*tables_.bronze.metadata, silver);
    const bool behind = std::ranges::find(chain, *quarantine, &iceberg::Snapshot::snapshot_id) != chain.end();
    return behind ? quarantine : silver;
  }

  Status ReadBronze(iceberg::SnapshotId consumed) {
    const auto columns = pipeline::SilverInputColumns(pipeline_);
    INGOT_ASSIGN(auto plan, rows::PlanScan(*tables_.bronze.home.storage, *tables_.bronze.metadata,
                                           {.snapshot_id = consumed,
                                            .current_schema = true,
                                            .columns = options_.rebuild ? std::vector<std::string>()
                                                                        : stage::ColumnsIn(tables_.bronze, columns)}));
    ParseAgain again(options_.parser, tables_.bronze, plan.projection, 1);
    INGOT_ASSIGN(const auto batches, stage::ReadSample(tables_.bronze, std::move(plan), options_.rows));
    const iceberg::Schema schema = stage::SelectFields(BronzeSchema(pipeline_), columns);
    for (const Batch& batch : batches) {
      Batch input = batch;
      if (options_.rebuild) {
        INGOT_ASSIGN(input, options_.rebuild(batch));
      }
      INGOT_TRY(again.Pass(0, input, [&](const Batch& part) -> Status {
        INGOT_ASSIGN(const Batch aligned, rows::AlignColumns(part, schema));
        INGOT_ASSIGN(CheckedRows checked, rules_.Apply(*aligned));
        INGOT_ASSIGN(checked.rows, DecodeDictionaries(checked.rows));
        INGOT_TRY(AddRows(*checked.rows));
        batches_.push_back(std::move(checked));
        return {};
      }));
    }
    return {};
  }

  Status AddRows(const arrow::RecordBatch& batch) {
    INGOT_ASSIGN(const auto hashes, HashRows(*SelectColumns(batch, PositionColumns())));
    const auto sources = batch.GetColumnByName(pipeline::kSource),
               offsets = batch.GetColumnByName(pipeline::kSourceOffset);
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (sources->IsNull(row) || offsets->IsNull(row)) continue;
      // Of a position that occurs twice, one row stands for both.
      if (!at_.try_emplace(hashes[size_t(row)], rows_.size()).second) continue;
      rows_.push_back(
          {.batch = batches_.size(), .row = row, .position = hashes[size_t(row)], .before = {}, .after = {}});
    }
    return {};
  }

  /// Selects the rows that were ingested with those of the sample.
  iceberg::Filter IngestedWithSample() const {
    std::vector<iceberg::Filter> ranges;
    for (const CheckedRows& checked : batches_) {
      const auto& times = static_cast<const arrow::TimestampArray&>(*checked.rows->GetColumnByName("_ingested_at"));
      if (times.null_count() > 0) return {};
      if (times.length() == 0) continue;
      const int64_t* values = times.raw_values();
      const auto [first, last] = std::minmax_element(values, values + times.length());
      ranges.push_back(
          iceberg::And({iceberg::Compare("_ingested_at", iceberg::FilterOp::kGreaterOrEqual, iceberg::Value(*first)),
                        iceberg::Compare("_ingested_at", iceberg::FilterOp::kLessOrEqual, iceberg::Value(*last))}));
    }
    return iceberg::Or(std::move(ranges));
  }

  Status FindRows(const Table& table, bool quarantine) {
    if (rows_.empty()) return {};
    std::vector<std::string> columns = PositionColumns();
    columns.insert(columns.end(), fields_.begin(), fields_.end());
    if (quarantine) columns.emplace_back("_rules");
    INGOT_ASSIGN(const auto plan,
                 rows::PlanScan(*table.home.storage, *table.metadata,
                                {.columns = stage::ColumnsIn(table, columns), .filter = IngestedWithSample()}));
    std::mutex mutex;
    return rows::ForEachBatch(table, plan, environment_.threads, [&](size_t, const Batch& batch) -> Status {
      INGOT_ASSIGN(const auto hashes, HashRows(*SelectColumns(*batch, PositionColumns())));
      std::vector<bool> keep(hashes.size());
      for (size_t row = 0; row < keep.size(); ++row) keep[row] = at_.contains(hashes[row]);
      if (std::ranges::none_of(keep, std::identity())) return {};
      INGOT_ASSIGN(Batch found, FilterRows(batch, keep));
      INGOT_ASSIGN(found, DecodeDictionaries(found));
      std::lock_guard lock(mutex);
      for (size_t row = 0, at = 0; row < keep.size(); ++row)
        if (keep[row]) Found(table, *found, int64_t(at++), rows_[at_.at(hashes[row])], quarantine);
      return {};
    });
  }

  void Found(const Table& table, const arrow::RecordBatch& batch, int64_t at, SampleRow& row, bool quarantine) {
    row.before.table = table.home.name.Text();
    const uint64_t broken = Broken(row);
    if (quarantine) row.before.rules = RulesIn(batch, at);
    if (rules_.Quarantines(broken) != quarantine || (broken & pipeline::kParseBit) != 0) return;
    SampledRow differing{.name = "", .before = std::move(row.before), .after = {}};
    stage::AddDifferences(batch, at, *batches_[row.batch].rows, row.row, fields_, kTolerance, differing);
    row.before = std::move(differing.before);
    row.after = std::move(differing.after);
  }

  static std::vector<std::string> RulesIn(const arrow::RecordBatch& batch, int64_t row) {
    std::vector<std::string> rules;
    const auto column = batch.GetColumnByName("_rules");
    if (column == nullptr || column->IsNull(row) || column->type_id() != arrow::Type::LIST) return rules;
    const auto values = static_cast<const arrow::ListArray&>(*column).value_slice(row);
    for (int64_t i = 0; i < values->length(); ++i) rules.push_back(stage::ValueText(*values, i));
    std::ranges::sort(rules);
    return rules;
  }

  uint64_t Broken(const SampleRow& row) const {
    const auto& broken = batches_[row.batch].broken;
    return broken.empty() ? 0 : broken[size_t(row.row)];
  }

  std::vector<std::string> BrokenNames(const SampleRow& row) const {
    std::vector<std::string> names;
    for (uint64_t bits = Broken(row); bits != 0; bits &= bits - 1)
      names.push_back(rules_.names()[size_t(std::countr_zero(bits))]);
    std::ranges::sort(names);
    return names;
  }

  /// Finds the rows of silver that have the key of another row of the sample.
  Status FindKeys() {
    std::unordered_multimap<uint64_t, size_t> by_key;
    KeyTimes times(pipeline_, spec_);
    std::vector<std::vector<uint64_t>> hashes;
    for (const CheckedRows& checked : batches_) {
      const Batch keys = SelectColumns(*checked.rows, spec_.unique);
      times.Add(*keys);
      INGOT_ASSIGN(auto of_batch, HashRows(*keys));
      hashes.push_back(std::move(of_batch));
    }
    for (size_t i = 0; i < rows_.size(); ++i)
      if (!rules_.Quarantines(Broken(rows_[i]))) by_key.emplace(hashes[rows_[i].batch][size_t(rows_[i].row)], i);
    if (by_key.empty()) return {};
    const Table& silver = tables_.silver;
    std::vector<std::string> columns = stage::ColumnsIn(silver, spec_.unique);
    const bool bounded = columns.size() == spec_.unique.size();
    columns.insert(columns.end(), PositionColumns().begin(), PositionColumns().end());
    INGOT_ASSIGN(const auto plan,
                 rows::PlanScan(*silver.home.storage, *silver.metadata,
                                {.columns = columns, .filter = bounded ? times.Filter() : iceberg::Filter{}}));
    const iceberg::Schema schema = stage::SelectFields(SilverSchema(pipeline_, spec_), spec_.unique);
    std::mutex mutex;
    return rows::ForEachBatch(silver, plan, environment_.threads, [&](size_t, const Batch& batch) -> Status {
      INGOT_ASSIGN(const Batch keys, rows::AlignColumns(batch, schema));
      INGOT_ASSIGN(const auto of_keys, HashRows(*keys));
      INGOT_ASSIGN(const auto positions, HashRows(*SelectColumns(*batch, PositionColumns())));
      for (size_t row = 0; row < of_keys.size(); ++row) {
        const auto [first, last] = by_key.equal_range(of_keys[row]);
        for (auto at = first; at != last; ++at) {
          SampleRow& sampled = rows_[at->second];
          std::lock_guard lock(mutex);
          sampled.key_taken |= sampled.position != positions[row];
        }
      }
      return {};
    });
  }

  Status Compare(SampleRow& row, Sample& sample) {
    const bool quarantined = rules_.Quarantines(Broken(row));
    const Table& table = quarantined ? tables_.quarantine : tables_.silver;
    if (row.before.table.empty()) {
      INGOT_ASSIGN(const bool deleted, MayBeDeleted(table, row));
      if (deleted) return {};
    }
    ++sample.compared;
    row.after.table = table.home.name.Text();
    if (quarantined) {
      row.after.rules = BrokenNames(row);
    } else if (row.key_taken) {
      row.after = {.table = "", .rules = {}, .values = {}};
      if (!row.before.table.empty()) row.after.rules = {"its key is there already"};
    }
    const bool same =
        row.before.table == row.after.table && row.before.rules == row.after.rules && row.before.values.empty();
    if (same) return {};
    ++sample.different;
    if (sample.differing.size() < options_.differing_max)
      sample.differing.push_back({.name = NameOf(row), .before = row.before, .after = row.after});
    return {};
  }

  /// Whether a row that the table does not have may have been deleted from it.
  Result<bool> MayBeDeleted(const Table& table, const SampleRow& row) const {
    if (!stage::RowsDeletedBy(*table.metadata).empty()) return true;
    const auto removed = maintain::RemovedByRetention(*table.metadata);
    if (!removed) return false;
    const auto column = batches_[row.batch].rows->GetColumnByName(removed->column);
    if (column == nullptr || column->type_id() != arrow::Type::TIMESTAMP) return true;
    const auto& times = static_cast<const arrow::TimestampArray&>(*column);
    return times.IsValid(row.row) && times.Value(row.row) < removed->before_micros;
  }

  std::string NameOf(const SampleRow& row) const { return stage::RowName(*batches_[row.batch].rows, row.row); }

  const Environment& environment_;
  const pipeline::Pipeline& pipeline_;
  const pipeline::SilverSpec& spec_;
  const Tables tables_;
  const SampleOptions& options_;
  const RuleEvaluator rules_;
  std::vector<std::string> fields_;
  std::vector<CheckedRows> batches_;
  std::vector<SampleRow> rows_;
  std::unordered_map<uint64_t, size_t> at_;  // index into rows_ by position
};

}  // namespace

Result<Sample> SampleRows(const Environment& environment, const pipeline::SilverSpec& spec,
                          const SampleOptions& options) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  Tables tables;
  tables.spec = &spec;
  INGOT_ASSIGN(tables.silver.home, environment.Home(spec.table.table));
  INGOT_ASSIGN(tables.quarantine.home, environment.Home(spec.quarantine.table));
  INGOT_ASSIGN(tables.bronze.home, environment.Home(pipeline.bronze.table));
  INGOT_TRY(tables.Reload());
  if (!options.rebuild) {
    INGOT_ASSIGN(tables.bronze,
                 stage::WithCurrentNames(std::move(tables.bronze), BronzeSchema(pipeline), options.renames));
  }
  INGOT_ASSIGN(tables.silver,
               stage::WithCurrentNames(std::move(tables.silver), SilverSchema(pipeline, spec), options.renames));
  INGOT_ASSIGN(tables.quarantine,
               stage::WithCurrentNames(std::move(tables.quarantine), QuarantineSchema(pipeline), options.renames));
  return Sampling(environment, std::move(tables), options).Run();
}

}  // namespace ingot::silver
