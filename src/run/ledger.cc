#include "run/ledger.h"

#include <algorithm>

#include "base/cells.h"
#include "base/fault.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "iceberg/summary_numbers.h"
#include "pipeline/tables.h"
#include "rows/arrow_schema.h"
#include "stage/marks.h"
#include "stage/stage.h"

namespace ingot::run {
namespace {

using iceberg::TypeId;
using stage::Environment;
using stage::StageReport;

struct LedgerTable {
  pipeline::TableSpec spec;
  iceberg::Schema schema;
  std::function<std::vector<CellRow>(const StageReport&)> rows;
};

using Columns = std::vector<std::pair<const char*, TypeId>>;

iceberg::Schema SchemaOf(const Columns& columns) {
  iceberg::Schema schema;
  for (const auto& [name, type] : columns) schema.fields.push_back({.name = name, .type = {.id = type}});
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

LedgerTable Runs() {
  Columns columns{{"run_id", TypeId::kString},          {"stage", TypeId::kString},
                  {"table_name", TypeId::kString},      {"engine", TypeId::kString},
                  {"started_at", TypeId::kTimestamptz}, {"finished_at", TypeId::kTimestamptz},
                  {"seconds", TypeId::kDouble},         {"commits", TypeId::kLong}};
  for (const stage::ReportCount& field : stage::kReportCounts) columns.emplace_back(field.name, TypeId::kLong);
  return {.spec = pipeline::OpsRuns(),
          .schema = SchemaOf(columns),
          .rows = [](const StageReport& report) -> std::vector<CellRow> {
            CellRow row{report.run_id,
                        std::string(stage::StageName(report.stage)),
                        report.table,
                        report.engine,
                        report.started_at_micros,
                        report.finished_at_micros,
                        report.Seconds(),
                        report.commits};
            for (const stage::ReportCount& field : stage::kReportCounts) row.emplace_back(report.*field.count);
            return {row};
          }};
}

LedgerTable Quality() {
  return {.spec = pipeline::OpsQuality(),
          .schema = SchemaOf({{"run_id", TypeId::kString},
                              {"table_name", TypeId::kString},
                              {"rule", TypeId::kString},
                              {"rows_checked", TypeId::kLong},
                              {"rows_broken", TypeId::kLong},
                              {"share_broken", TypeId::kDouble},
                              {"started_at", TypeId::kTimestamptz}}),
          .rows = [](const StageReport& report) {
            std::vector<CellRow> rows;
            for (const auto& [rule, broken] : report.broken_by_rule)
              rows.push_back({report.run_id, report.table, rule, report.rows_in, broken,
                              report.rows_in == 0 ? 0.0 : double(broken) / double(report.rows_in),
                              report.started_at_micros});
            return rows;
          }};
}

/// Returns what happened in the pipeline's tables after the ledger's cursors, joined per run and table, oldest first.
Result<std::vector<StageReport>> NewReports(const Environment& environment, const iceberg::TableMetadata& ledger,
                                            iceberg::Properties& cursors) {
  std::vector<StageReport> reports;
  for (const auto& entry : TablesOf(*environment.pipeline, pipeline::kReportedKinds)) {
    INGOT_ASSIGN(const auto home, environment.Home(entry.spec->table));
    INGOT_ASSIGN(const auto table, iceberg::FindTable(home));
    if (!table) continue;
    const std::string key = stage::kLedgerKey + home.name.Text();
    const iceberg::SequenceNumber seen = iceberg::NewestSummaryNumber(ledger, key).value_or(0);
    auto chain = iceberg::AncestorsOf(*table->metadata, table->metadata->current_snapshot_id);
    std::ranges::reverse(chain);
    for (const iceberg::Snapshot* snapshot : chain) {
      const auto report =
          snapshot->sequence_number > seen ? stage::ReportOf(*snapshot, home.name.Text()) : std::nullopt;
      if (!report) continue;
      cursors[key] = std::to_string(snapshot->sequence_number);
      const auto same = std::ranges::find_if(reports, [&](const StageReport& other) {
        return other.run_id == report->run_id && other.table == report->table;
      });
      if (same == reports.end())
        reports.push_back(*report);
      else
        same->Add(*report);
    }
  }
  return reports;
}

Status WriteTable(const Environment& environment, const LedgerTable& ledger) {
  INGOT_ASSIGN(const auto table, stage::EnsureTable(environment, {.spec = ledger.spec, .schema = ledger.schema, .definition = ""}));
  iceberg::Properties cursors;
  INGOT_ASSIGN(const auto reports, NewReports(environment, *table.metadata, cursors));
  std::vector<CellRow> rows;
  for (const StageReport& report : reports) std::ranges::move(ledger.rows(report), std::back_inserter(rows));
  if (cursors.empty()) return {};
  INGOT_ASSIGN(const auto columns, rows::ToArrowSchema(ledger.schema));
  INGOT_ASSIGN(const auto batch, BatchOf(columns, rows));
  INGOT_ASSIGN(auto writer, stage::RowWriter::Open(environment, table));
  INGOT_TRY(writer.Write(batch));
  INGOT_ASSIGN(auto written, writer.Finish());
  INGOT_TRY(FaultPoint("ledger.after_files"));
  iceberg::SnapshotChange change{.operation = "append", .added = std::move(written.files), .summary = cursors};
  change.validate = [&](const iceberg::TableMetadata& metadata) -> Status {
    for (const auto& [key, cursor] : cursors)
      if (iceberg::NewestSummary(metadata, key) != iceberg::NewestSummary(*table.metadata, key))
        return Fail(ErrorKind::kConflict, "another run wrote the ledger meanwhile");
    return {};
  };
  // A commit that sets the cursors of some tables must keep the others: each cursor is looked up by its own key.
  auto committed = iceberg::CommitFiles(table.home, change);
  if (committed || committed.error().kind == ErrorKind::kConflict)
    return {};  // the other run has written the same rows
  return std::unexpected(std::move(committed).error());
}

}  // namespace

Status WriteLedger(const Environment& environment) {
  INGOT_TRY(WriteTable(environment, Quality()));
  return WriteTable(environment, Runs());
}

}  // namespace ingot::run
