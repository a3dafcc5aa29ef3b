#include "silver/revert_step.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/arrow_result.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/rows.h"
#include "iceberg/commit.h"
#include "maintain/delete_rows.h"
#include "pipeline/definition.h"
#include "pipeline/source_position.h"
#include "rows/scan_relation.h"
#include "silver/new_rows.h"

namespace ingot::silver {
namespace {

using iceberg::TableMetadata;
using stage::Environment;
using stage::Mark;

Status ConflictOn(const iceberg::Table& table) {
  return Fail(ErrorKind::kConflict,
              "another run was first: table " + table.home.name.Text() + " has another mark meanwhile");
}

Status PreventCompletion(const Tables& tables, const std::string& token) {
  const iceberg::Table& silver = tables.silver;
  if (iceberg::NewestSummary(*silver.metadata, stage::kRevertedKey) == token) return {};
  iceberg::SnapshotChange change{.summary = {{stage::kRevertedKey, token}}};
  change.validate = [&](const TableMetadata& metadata) -> Status {
    return stage::MarkOf(metadata) == stage::MarkOf(*silver.metadata) ? Status() : ConflictOn(silver);
  };
  INGOT_TRY(iceberg::CommitFiles(silver.home, change));
  return FaultPoint("silver.blocked");
}

/// The previous mark of quarantine, or its known part.
Mark MarkBefore(const Tables& tables) {
  const Mark silver = stage::MarkOf(*tables.silver.metadata);
  const TableMetadata& metadata = *tables.quarantine.metadata;
  for (const iceberg::Snapshot* snapshot : AncestorsOf(metadata, metadata.current_snapshot_id))
    if (const auto mark = stage::MarkIn(snapshot->summary); mark && mark->snapshot == silver.snapshot) return *mark;
  return {.snapshot = silver.snapshot, .source_uuid = silver.source_uuid};
}

/// Whether a row belongs to the step: its run wrote it, from a bronze row that the step consumed.
Result<std::shared_ptr<arrow::Array>> IsOfStep(const arrow::RecordBatch& rows, const SourcePositions& positions,
                                               const std::string& run_id) {
  INGOT_ASSIGN(const auto found, positions.Find(rows));
  INGOT_ASSIGN(const auto column, DecodeDictionaries(rows.GetColumnByName("_run_id")));
  const auto& runs = static_cast<const arrow::StringArray&>(*column);
  const auto offsets = rows.GetColumnByName(pipeline::kSourceOffset), sources = rows.GetColumnByName(pipeline::kSource);
  arrow::BooleanBuilder matches;
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    const bool unidentified = offsets->IsNull(row) || sources->IsNull(row);
    const bool of_run = run_id.empty() || (runs.IsValid(row) && runs.GetView(row) == run_id);
    const bool consumed = found.known[size_t(row)] || (unidentified && positions.HoldsUnidentified());
    INGOT_ARROW(matches.Append(of_run && consumed));
  }
  std::shared_ptr<arrow::Array> result;
  INGOT_ARROW(matches.Finish(&result));
  return result;
}

}  // namespace

Status RevertStep(const Environment& environment, const Tables& tables, const Step& step) {
  const Mark mark = stage::MarkOf(*tables.quarantine.metadata), before = MarkBefore(tables);
  INGOT_TRY(PreventCompletion(tables, TokenOf(mark)));
  SourcePositions positions;
  INGOT_ASSIGN(const NewRows fresh, NewRows::Find(environment, tables.bronze, step.changes, mark.follow_deletes));
  INGOT_ASSIGN(const auto plan, fresh.Plan(PositionColumns()));
  INGOT_TRY(rows::ForEachBatch(tables.bronze, plan, environment.threads,
                               [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                                 INGOT_ASSIGN(const auto rows, fresh.Of(batch));
                                 return positions.Add(*rows);
                               }));
  positions.Seal();
  maintain::DeleteRowsOptions options{.columns = PositionColumns(), .filter = {}, .threads = environment.threads};
  options.columns.push_back("_run_id");
  if (!mark.run_id.empty())
    options.filter = iceberg::Compare("_run_id", iceberg::FilterOp::kEqual, iceberg::Value(mark.run_id));
  options.matches = [&](const std::shared_ptr<arrow::RecordBatch>& rows) {
    return IsOfStep(*rows, positions, mark.run_id);
  };
  options.amend = [&](iceberg::SnapshotChange& change) {
    stage::PutMark(change, before);
    // The mark may be older than the definition of the table, which stays as it is.
    change.summary[stage::kDefinitionKey] = pipeline::DefinitionId(step.definition);
  };
  options.validate = [&](const TableMetadata& metadata) -> Status {
    return stage::MarkOf(metadata) == mark ? Status() : ConflictOn(tables.quarantine);
  };
  INGOT_ASSIGN(const auto done, maintain::DeleteRows(tables.quarantine.home, options));
  LogWarning(
      fmt::format("table {}: {} rows of a step that never reached {} were reverted, because another pipeline "
                  "file or program version computed them; the step is repeated",
                  tables.quarantine.home.name.Text(), done.rows, tables.silver.home.name.Text()));
  return FaultPoint("silver.reverted");
}

}  // namespace ingot::silver
