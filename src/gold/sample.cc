#include "gold/sample.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/row_hash.h"
#include "base/rows.h"
#include "gold/group_state.h"
#include "gold/touched.h"
#include "maintain/retention.h"
#include "rows/scan_relation.h"
#include "stage/changes.h"

namespace ingot::gold {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using iceberg::Table;
using pipeline::GoldSpec;
using stage::Environment;
using stage::Sample;

constexpr double kTolerance = 1e-9;
constexpr int64_t kSilverRows = 1000;  // from which groups are chosen if gold does not have the group columns

class Sampling {
 public:
  Sampling(const Environment& environment, const GoldSpec& spec, Table silver, Table gold, const SampleOptions& options)
      : environment_(environment),
        spec_(spec),
        silver_(std::move(silver)),
        gold_(std::move(gold)),
        options_(options),
        plan_(spec),
        consumed_(stage::ConsumedSnapshot(*gold_.metadata)),
        schema_(pipeline::GoldSchema(spec)) {
    for (const auto& column : spec.group) group_.push_back(column.name);
    for (const auto& column : spec.measures) measures_.push_back(column.name);
  }

  Result<Sample> Run() {
    Sample sample;
    if (!consumed_) return sample;
    if (options_.consumed && silver_.metadata->SnapshotById(*consumed_) == nullptr) {
      sample.unchecked = fmt::format("snapshot {} of {}, which {} has consumed, has expired", *consumed_,
                                     silver_.home.name.Text(), gold_.home.name.Text());
      return sample;
    }
    INGOT_ASSIGN(Batch chosen, ChooseGroups());
    if (chosen == nullptr) return sample;
    INGOT_ASSIGN(chosen, WithoutRemoved(chosen));
    if (chosen->num_rows() == 0) {
      sample.unchecked = fmt::format("retention has removed rows of {} for all groups", silver_.home.name.Text());
      return sample;
    }
    INGOT_TRY(only_.Number(chosen));
    INGOT_ASSIGN(const Batch before, ReadGold(*chosen));
    INGOT_ASSIGN(const Batch after, Compute(*chosen));
    INGOT_TRY(Compare(before, after, sample));
    return sample;
  }

 private:
  /// The touched columns of the groups to compare. Null if there are no rows.
  Result<Batch> ChooseGroups() {
    GroupTable groups;
    if (stage::ColumnsIn(gold_, plan_.touched).size() == plan_.touched.size()) {
      INGOT_ASSIGN(const auto plan, rows::PlanScan(*gold_.home.storage, *gold_.metadata, {.columns = plan_.touched}));
      const iceberg::Schema schema = stage::SelectFields(schema_, plan_.touched);
      INGOT_TRY(rows::ForEachBatch(gold_, plan, 1, [&](size_t, const Batch& batch) -> Status {
        INGOT_ASSIGN(const Batch aligned, rows::AlignColumns(batch, schema));
        INGOT_TRY(groups.Number(aligned));
        return {};
      }));
    } else {
      INGOT_ASSIGN(auto plan, PlanSilver({}));
      INGOT_ASSIGN(const auto batches, stage::ReadSample(silver_, std::move(plan), kSilverRows));
      GroupState state(plan_);
      for (const Batch& batch : batches) INGOT_TRY(state.Add(batch, nullptr));
      if (state.Empty()) return nullptr;
      INGOT_ASSIGN(const Batch touched, state.Touched());
      INGOT_TRY(groups.Number(touched));
    }
    if (groups.size() == 0) return nullptr;
    INGOT_ASSIGN(const Batch all, groups.Rows());
    std::vector<arrow::compute::SortKey> order;
    for (const std::string& name : plan_.touched) order.emplace_back(name);
    INGOT_ARROW_ASSIGN(const auto indices, arrow::compute::SortIndices(all, arrow::compute::SortOptions(order)));
    arrow::Int64Builder chosen;
    for (const size_t i : stage::Spread(groups.size(), options_.groups))
      INGOT_ARROW(chosen.Append(int64_t(static_cast<const arrow::UInt64Array&>(*indices).Value(int64_t(i)))));
    INGOT_ARROW_ASSIGN(const auto taken, chosen.Finish());
    INGOT_ARROW_ASSIGN(const auto rows, arrow::compute::Take(arrow::Datum(all), arrow::Datum(taken)));
    return rows.record_batch();
  }

  /// The groups of which no row of silver can have been removed by retention.
  Result<Batch> WithoutRemoved(const Batch& groups) const {
    const auto removed = maintain::RemovedByRetention(*silver_.metadata);
    if (!removed) return groups;
    const auto filter_of = [&](int64_t row) { return SilverFilter(spec_, *groups->Slice(row, 1)); };
    std::vector<bool> keep;
    for (int64_t row = 0; row < groups->num_rows(); ++row) {
      const iceberg::Filter filter = filter_of(row);
      // Its first condition is: the time column is at or after the start of the group.
      const iceberg::Filter* first = &filter;
      while (!first->children.empty()) first = &first->children.front();
      keep.push_back(first->column == removed->column && !first->values.empty() &&
                     std::get<int64_t>(first->values.front()) >= removed->before_micros);
    }
    return FilterRows(groups, keep);
  }

  Result<rows::ScanPlan> PlanSilver(const iceberg::Filter& filter) const {
    return rows::PlanScan(*silver_.home.storage, *silver_.metadata,
                          {.snapshot_id = options_.consumed ? consumed_ : std::nullopt,
                           .current_schema = true,
                           .columns = pipeline::GoldInputColumns(spec_),
                           .filter = filter});
  }

  /// The rows of gold for these groups: those of `columns` that it has. Null if there are none.
  Result<Batch> ReadGold(const arrow::RecordBatch& chosen) const {
    std::vector<std::string> columns = group_;
    columns.insert(columns.end(), measures_.begin(), measures_.end());
    columns = stage::ColumnsIn(gold_, columns);
    const bool comparable = stage::ColumnsIn(gold_, plan_.touched).size() == plan_.touched.size();
    if (!comparable || columns.empty()) return nullptr;
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*gold_.home.storage, *gold_.metadata,
                                                 {.columns = columns, .filter = GoldFilter(spec_, chosen)}));
    const iceberg::Schema touched = stage::SelectFields(schema_, plan_.touched);
    std::vector<Batch> found;
    INGOT_TRY(rows::ForEachBatch(gold_, plan, 1, [&](size_t, const Batch& batch) -> Status {
      INGOT_ASSIGN(const Batch keys, rows::AlignColumns(batch, touched));
      INGOT_ASSIGN(const auto keep, only_.Has(*keys));
      INGOT_ASSIGN(Batch rows, FilterRows(batch, keep));
      INGOT_ASSIGN(rows, DecodeDictionaries(rows));
      found.push_back(std::move(rows));
      return {};
    }));
    if (found.empty()) return nullptr;
    INGOT_ARROW_ASSIGN(Batch rows, arrow::ConcatenateRecordBatches(found));
    return rows;
  }

  Result<Batch> Compute(const arrow::RecordBatch& chosen) const {
    INGOT_ASSIGN(const auto plan, PlanSilver(SilverFilter(spec_, chosen)));
    std::vector<GroupState> parts;
    for (int thread = 0; thread < std::max(1, environment_.threads); ++thread) parts.emplace_back(plan_);
    INGOT_TRY(rows::ForEachBatch(silver_, plan, environment_.threads, [&](size_t thread, const Batch& batch) -> Status {
      INGOT_TRY(parts[thread].Add(batch, &only_));
      return {};
    }));
    GroupState state(plan_);
    for (GroupState& part : parts) INGOT_TRY(state.Merge(part, nullptr));
    if (state.Empty()) return nullptr;
    INGOT_ASSIGN(const Batch rows, state.Rows(nullptr, environment_.threads));
    return DecodeDictionaries(rows);
  }

  Status Compare(const Batch& before, const Batch& after, Sample& sample) const {
    std::unordered_map<uint64_t, int64_t> old_rows;
    INGOT_ASSIGN(const auto old_keys, KeysOf(before));
    INGOT_ASSIGN(const auto keys, KeysOf(after));
    const std::string table = gold_.home.name.Text();
    const bool deleted = !stage::RowsDeletedBy(*gold_.metadata).empty();
    for (size_t row = 0; row < old_keys.size(); ++row)
      if (!old_rows.emplace(old_keys[row], int64_t(row)).second)
        Add({.name = NameOf(*before, int64_t(row)),
             .before = {.table = table + " twice", .rules = {}, .values = {}},
             .after = {.table = table, .rules = {}, .values = {}}},
            sample);
    for (size_t row = 0; row < keys.size(); ++row) {
      const auto old = old_rows.find(keys[row]);
      stage::SampledRow one{
          .name = NameOf(*after, int64_t(row)), .before = {}, .after = {.table = table, .rules = {}, .values = {}}};
      if (old != old_rows.end()) {
        one.before.table = table;
        stage::AddDifferences(*before, old->second, *after, int64_t(row), measures_, kTolerance, one);
        old_rows.erase(old);
        ++sample.compared;
        if (!one.before.values.empty()) Add(std::move(one), sample);
      } else if (!deleted) {
        ++sample.compared;
        for (const std::string& name : measures_)
          one.after.values.emplace_back(name, stage::ValueText(*after->GetColumnByName(name), int64_t(row)));
        Add(std::move(one), sample);
      }
    }
    for (const auto& [key, row] : old_rows) {
      ++sample.compared;
      Add({.name = NameOf(*before, row), .before = {.table = table, .rules = {}, .values = {}}, .after = {}}, sample);
    }
    return {};
  }

  void Add(stage::SampledRow row, Sample& sample) const {
    ++sample.different;
    if (sample.differing.size() < options_.groups) sample.differing.push_back(std::move(row));
  }

  Result<std::vector<uint64_t>> KeysOf(const Batch& rows) const {
    if (rows == nullptr) return std::vector<uint64_t>();
    INGOT_ASSIGN(const Batch keys, rows::AlignColumns(rows, stage::SelectFields(schema_, group_)));
    return HashRows(*keys);
  }

  std::string NameOf(const arrow::RecordBatch& rows, int64_t row) const {
    std::string name;
    for (const std::string& column : group_) {
      const auto values = rows.GetColumnByName(column);
      name += fmt::format("{}{}={}", name.empty() ? "group " : ", ", column,
                          values == nullptr ? "null" : stage::ValueText(*values, row));
    }
    return name.empty() ? "all rows" : name;
  }

  const Environment& environment_;
  const GoldSpec& spec_;
  const Table silver_, gold_;
  const SampleOptions& options_;
  const GoldPlan plan_;
  const std::optional<iceberg::SnapshotId> consumed_;
  const iceberg::Schema schema_;
  std::vector<std::string> group_, measures_;
  GroupTable only_;  // the touched columns of the sample
};

}  // namespace

Result<Sample> SampleGroups(const Environment& environment, const GoldSpec& spec, const SampleOptions& options) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  const pipeline::SilverSpec& source = pipeline.SourceOf(spec);
  INGOT_ASSIGN(const auto silver_home, environment.Home(source.table.table));
  INGOT_ASSIGN(const auto gold_home, environment.Home(spec.table.table));
  INGOT_ASSIGN(auto gold, iceberg::LoadTable(gold_home));
  // Silver is loaded second: it must have every snapshot that gold has consumed.
  INGOT_ASSIGN(auto silver, iceberg::LoadTable(silver_home));
  INGOT_ASSIGN(gold, stage::WithCurrentNames(std::move(gold), GoldSchema(spec), options.renames));
  INGOT_ASSIGN(silver, stage::WithCurrentNames(std::move(silver), SilverSchema(pipeline, source), options.renames));
  const auto inputs = pipeline::GoldInputColumns(spec);
  if (stage::ColumnsIn(silver, inputs).size() < inputs.size()) {
    Sample sample;
    sample.unchecked =
        fmt::format("{} does not have all columns that {} reads", silver.home.name.Text(), gold.home.name.Text());
    return sample;
  }
  return Sampling(environment, spec, std::move(silver), std::move(gold), options).Run();
}

}  // namespace ingot::gold
