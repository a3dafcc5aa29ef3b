#include "silver/new_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/rows.h"
#include "rows/scan_relation.h"

namespace ingot::silver {
namespace {

/// Selects rows ingested at or after the first row of `plan`; no filter when that time is not known for each file.
/// Copies of a row keep the time, so that rows ingested earlier cannot be among them.
iceberg::Filter IngestedSince(const iceberg::TableMetadata& metadata, const rows::ScanPlan& plan) {
  const auto* column = metadata.CurrentSchema().FindByName("_ingested_at");
  std::optional<iceberg::Value> first;
  for (const auto& task : plan.tasks) {
    const auto* spec = metadata.SpecById(task.file.spec_id);
    if (column == nullptr || spec == nullptr) return {};
    const auto known = FileMetrics(task.file, *spec, metadata.CurrentSchema())(column->id);
    if (!known.lower || known.may_be_null) return {};
    if (!first || iceberg::CompareValues(*known.lower, *first) < 0) first = known.lower;
  }
  return first ? iceberg::Compare("_ingested_at", iceberg::FilterOp::kGreaterOrEqual, *first) : iceberg::Filter{};
}

Error Indistinguishable(const iceberg::Table& bronze, const stage::Changes& changes) {
  return {ErrorKind::kUnsupported,
          fmt::format(
              "table {}: {} rewrote rows without _source and _source_offset, so that new rows cannot be distinguished "
              "from old ones: append rows instead, give them unique positions, or, where no such row was consumed, set "
              "follow_deletes: true; {}",
              bronze.home.name.Text(), changes.rewriter, "see docs/troubleshooting.md, \"A stage lost its position\"")};
}

/// Rows without a position are new if they were appended. If they replaced others, they may be copies of these.
Status CheckIdentified(const stage::Environment& environment, const iceberg::Table& bronze,
                       const stage::Changes& changes, rows::ScanPlan added) {
  std::erase_if(added.tasks, [&](const rows::FileTask& task) {
    return std::ranges::find(changes.rewrites, task.sequence_number) == changes.rewrites.end();
  });
  SourcePositions replacing;
  INGOT_TRY(rows::ForEachBatch(
      bronze, added, environment.threads,
      [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) { return replacing.Add(*batch); }));
  return replacing.HoldsUnidentified() ? std::unexpected(Indistinguishable(bronze, changes)) : Status();
}

}  // namespace

Result<NewRows> NewRows::Find(const stage::Environment& environment, const iceberg::Table& bronze,
                              const stage::Changes& changes, bool follow) {
  NewRows rows(bronze, changes);
  if (!changes.rewritten || !changes.since) return rows;
  const std::string table = bronze.home.name.Text();
  if (follow) {
    INGOT_ASSIGN(std::shared_ptr<const ChangedRows> changed, FindChangedRows(environment, bronze, changes));
    rows.consumed_ = {changed, &changed->consumed};
    rows.changed_ = std::move(changed);
    return rows;
  }
  // This filter is true for every row. It makes the plan load the bounds of the column.
  const iceberg::Filter any_time = iceberg::Or({{.op = iceberg::FilterOp::kIsNull, .column = "_ingested_at"},
                                                {.op = iceberg::FilterOp::kNotNull, .column = "_ingested_at"}});
  INGOT_ASSIGN(const auto added,
               stage::PlanAdded(*bronze.home.storage, *bronze.metadata, changes, PositionColumns(), any_time));
  if (added.tasks.empty()) return rows;
  INGOT_ASSIGN(const auto removed, stage::PlanRemoved(*bronze.home.storage, *bronze.metadata, changes,
                                                      PositionColumns(), IngestedSince(*bronze.metadata, added)));
  if (removed.tasks.empty()) return rows;
  if (removed.RecordCount() > environment.memory_bytes / 2 / int64_t(sizeof(int64_t)))
    return Fail(
        ErrorKind::kUnsupported,
        fmt::format("table {}: {} rewrote files of {} rows that were consumed; to find the new rows, their positions "
                    "must fit into half of the memory budget: run once with --memory {}MB",
                    table, changes.rewriter, removed.RecordCount(), removed.RecordCount() * 16 / 1'000'000 + 1));
  INGOT_TRY(CheckIdentified(environment, bronze, changes, added));
  const auto consumed = std::make_shared<SourcePositions>();
  INGOT_TRY(rows::ForEachBatch(
      bronze, removed, environment.threads,
      [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) { return consumed->Add(*batch); }));
  consumed->Seal();
  rows.consumed_ = consumed;
  return rows;
}

Result<rows::ScanPlan> NewRows::Plan(std::vector<std::string> columns, const iceberg::Filter& filter) const {
  if (consumed_)
    for (const std::string& column : PositionColumns())
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  if (!changed_) return stage::PlanAdded(*bronze_->home.storage, *bronze_->metadata, *changes_, columns, filter);
  INGOT_ASSIGN(auto difference, stage::PlanDifference(*bronze_->home.storage, *bronze_->metadata, *changes_, columns));
  return std::move(difference.after);
}

Result<rows::ScanPlan> NewRows::PlanOthers(const std::vector<std::string>& columns) const {
  INGOT_ASSIGN(const rows::ScanPlan fresh, Plan({}));
  std::set<std::string> known;
  for (const rows::FileTask& task : fresh.tasks) known.insert(task.file.location);
  INGOT_ASSIGN(rows::ScanPlan plan,
               rows::PlanScan(*bronze_->home.storage, *bronze_->metadata,
                              {.snapshot_id = changes_->until, .current_schema = true, .columns = columns}));
  std::erase_if(plan.tasks, [&](const rows::FileTask& task) { return known.contains(task.file.location); });
  return plan;
}

Result<std::vector<bool>> NewRows::AreNew(const arrow::RecordBatch& rows) const {
  INGOT_ASSIGN(auto found, consumed_->Find(rows));
  if (found.unidentified && consumed_->HoldsUnidentified())
    return std::unexpected(Indistinguishable(*bronze_, *changes_));
  found.known.flip();
  if (!changed_ || changed_->changed.Empty()) return std::move(found.known);
  INGOT_ASSIGN(const auto changed, changed_->changed.Find(rows));
  for (size_t row = 0; row < changed.known.size(); ++row)
    if (changed.known[row]) found.known[row] = true;
  return std::move(found.known);
}

Result<std::shared_ptr<arrow::RecordBatch>> NewRows::Of(const std::shared_ptr<arrow::RecordBatch>& rows) const {
  if (!consumed_) return rows;
  INGOT_ASSIGN(const auto fresh, AreNew(*rows));
  return FilterRows(rows, fresh);
}

}  // namespace ingot::silver
