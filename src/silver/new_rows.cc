#include "silver/new_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
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

}  // namespace

Result<NewRows> NewRows::Find(const stage::Environment& environment, const iceberg::Table& bronze,
                              const stage::Changes& changes) {
  NewRows rows(bronze, changes);
  if (!changes.rewritten || !changes.since) return rows;
  const std::string table = bronze.home.name.Text();
  LogWarning(
      fmt::format("table {}: {} deleted or overwrote rows: rows that silver has processed before are not "
                  "processed again, and silver and gold are not corrected",
                  table, changes.rewriter));
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
  rows.consumed_ = std::make_unique<SourcePositions>();
  INGOT_TRY(rows::ForEachBatch(
      bronze, removed, environment.threads,
      [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) { return rows.consumed_->Add(*batch); }));
  rows.consumed_->Seal();
  return rows;
}

Result<rows::ScanPlan> NewRows::Plan(std::vector<std::string> columns, const iceberg::Filter& filter) const {
  if (consumed_)
    for (const std::string& column : PositionColumns())
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  return stage::PlanAdded(*bronze_->home.storage, *bronze_->metadata, *changes_, columns, filter);
}

Result<std::shared_ptr<arrow::RecordBatch>> NewRows::Of(const std::shared_ptr<arrow::RecordBatch>& rows) const {
  if (!consumed_) return rows;
  INGOT_ASSIGN(auto found, consumed_->Find(*rows));
  if (found.unidentified && consumed_->HoldsUnidentified())
    return Fail(
        ErrorKind::kUnsupported,
        fmt::format(
            "table {}: {} rewrote rows without _source and _source_offset, so that new rows cannot be distinguished "
            "from old ones: append rows instead, or give them unique positions; {}",
            bronze_->home.name.Text(), changes_->rewriter,
            "see docs/troubleshooting.md, \"A stage lost its position\""));
  found.known.flip();
  return FilterRows(rows, found.known);
}

}  // namespace ingot::silver
