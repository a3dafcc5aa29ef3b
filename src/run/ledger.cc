#include "run/ledger.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "base/cells.h"
#include "base/clock.h"
#include "base/fault.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "iceberg/summary_numbers.h"
#include "pipeline/tables.h"
#include "rows/arrow_schema.h"
#include "run/change_record.h"
#include "stage/marks.h"
#include "stage/stage.h"

namespace ingot::run {
namespace {

using iceberg::TypeId;
using stage::Environment;
using stage::StageReport;

using Rows = std::vector<CellRow>;

struct LedgerTable {
  const pipeline::TableSpec& spec;
  iceberg::Schema schema;
  /// The rows for what happened in the pipeline's tables after the ledger's cursors. Sets the new cursors.
  std::function<Result<Rows>(const Environment&, const iceberg::TableMetadata* ledger, iceberg::Properties& cursors)>
      rows;
};

using Columns = std::vector<std::pair<const char*, TypeId>>;

iceberg::Schema SchemaOf(const Columns& columns) {
  iceberg::Schema schema;
  for (const auto& [name, type] : columns) schema.fields.push_back({.name = name, .type = {.id = type}});
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

/// Calls `visit(snapshot, table)` for the snapshots after the ledger's cursors, oldest first. It returns whether the
/// ledger records the snapshot.
template <typename Visit>
Status ForEachNewSnapshot(const Environment& environment, std::span<const pipeline::TableKind> kinds,
                          const iceberg::TableMetadata* ledger, iceberg::Properties& cursors, const Visit& visit) {
  for (const auto& entry : TablesOf(*environment.pipeline, kinds)) {
    INGOT_ASSIGN(const auto home, environment.Home(entry.spec->table));
    INGOT_ASSIGN(const auto table, iceberg::FindTable(home));
    if (!table) continue;
    const std::string key = stage::kLedgerKey + home.name.Text();
    const iceberg::SequenceNumber seen = ledger == nullptr ? 0 : iceberg::NewestSummaryNumber(*ledger, key).value_or(0);
    auto chain = iceberg::AncestorsOf(*table->metadata, table->metadata->current_snapshot_id);
    std::ranges::reverse(chain);
    for (const iceberg::Snapshot* snapshot : chain)
      if (snapshot->sequence_number > seen && visit(*snapshot, home.name.Text()))
        cursors[key] = std::to_string(snapshot->sequence_number);
  }
  return {};
}

/// The reports of stages, joined per run and table.
Result<std::vector<StageReport>> NewReports(const Environment& environment, const iceberg::TableMetadata* ledger,
                                            iceberg::Properties& cursors) {
  std::vector<StageReport> reports;
  const auto add = [&](const iceberg::Snapshot& snapshot, const std::string& table) {
    const auto report = stage::ReportOf(snapshot, table);
    if (!report) return false;
    const auto same = std::ranges::find_if(reports, [&](const StageReport& other) {
      return other.run_id == report->run_id && other.table == report->table;
    });
    if (same == reports.end())
      reports.push_back(*report);
    else
      same->Add(*report);
    return true;
  };
  INGOT_TRY(ForEachNewSnapshot(environment, pipeline::kReportedKinds, ledger, cursors, add));
  return reports;
}

LedgerTable Runs() {
  Columns columns{{"run_id", TypeId::kString},          {"stage", TypeId::kString},
                  {"table_name", TypeId::kString},      {"engine", TypeId::kString},
                  {"started_at", TypeId::kTimestamptz}, {"finished_at", TypeId::kTimestamptz},
                  {"seconds", TypeId::kDouble},         {"commits", TypeId::kLong}};
  for (const stage::ReportCount& field : stage::kReportCounts) columns.emplace_back(field.name, TypeId::kLong);
  return {.spec = pipeline::OpsRuns(),
          .schema = SchemaOf(columns),
          .rows = [](const Environment& environment, const iceberg::TableMetadata* ledger,
                     iceberg::Properties& cursors) -> Result<Rows> {
            INGOT_ASSIGN(const auto reports, NewReports(environment, ledger, cursors));
            Rows rows;
            for (const StageReport& report : reports) {
              rows.push_back({report.run_id, std::string(stage::StageName(report.stage)), report.table, report.engine,
                              report.started_at_micros, report.finished_at_micros, report.Seconds(), report.commits});
              for (const stage::ReportCount& field : stage::kReportCounts)
                rows.back().emplace_back(report.*field.count);
            }
            return rows;
          }};
}

CellRow QualityRow(const std::string& run_id, const std::string& table, const std::string& rule, int64_t rows,
                   int64_t broken, int64_t started_at_micros) {
  const double share = rows == 0 ? 0.0 : double(broken) / double(rows);
  return {run_id, table, rule, rows, broken, share, started_at_micros, false, Cell()};
}

LedgerTable Quality() {
  return {.spec = pipeline::OpsQuality(),
          .schema = SchemaOf({{"run_id", TypeId::kString},
                              {"table_name", TypeId::kString},
                              {"rule", TypeId::kString},
                              {"rows_checked", TypeId::kLong},
                              {"rows_broken", TypeId::kLong},
                              {"share_broken", TypeId::kDouble},
                              {"started_at", TypeId::kTimestamptz},
                              {"held", TypeId::kBoolean},
                              {"samples", TypeId::kString},
                              {"warning", TypeId::kString},  // this and the next only for a warning
                              {"field", TypeId::kString},
                              {"message", TypeId::kString}}),
          .rows = [](const Environment& environment, const iceberg::TableMetadata* ledger,
                     iceberg::Properties& cursors) -> Result<Rows> {
            INGOT_ASSIGN(const auto reports, NewReports(environment, ledger, cursors));
            Rows rows;
            for (const StageReport& report : reports)
              for (const auto& [rule, broken] : report.broken_by_rule)
                rows.push_back(
                    QualityRow(report.run_id, report.table, rule, report.rows_in, broken, report.started_at_micros));
            return rows;
          }};
}

constexpr pipeline::TableKind kChangedKinds[] = {pipeline::TableKind::kBronze, pipeline::TableKind::kSilver,
                                                 pipeline::TableKind::kQuarantine, pipeline::TableKind::kGold};

CellRow RowOf(const ChangeRecord& record, const iceberg::Snapshot& snapshot, const std::string& pipeline,
              const std::string& table) {
  const auto text = [&](const char* key) {
    const auto found = snapshot.summary.find(key);
    return found == snapshot.summary.end() ? Cell() : Cell(found->second);
  };
  const Cell before = record.definition_before.empty() ? Cell() : Cell(record.definition_before);
  return {text(stage::kRunIdKey),
          pipeline,
          table,
          record.action,
          fmt::format("{}", fmt::join(record.differences, "\n")),
          before,
          text(stage::kDefinitionKey),
          iceberg::SummaryNumber(snapshot, "added-records"),
          snapshot.snapshot_id,
          snapshot.timestamp_ms * 1000,
          record.started_at_micros};
}

LedgerTable Changes() {
  return {.spec = pipeline::OpsChanges(),
          .schema = SchemaOf({{"run_id", TypeId::kString},
                              {"pipeline", TypeId::kString},
                              {"table_name", TypeId::kString},
                              {"action", TypeId::kString},
                              {"differences", TypeId::kString},
                              {"definition_before", TypeId::kString},
                              {"definition_after", TypeId::kString},
                              {"rows_written", TypeId::kLong},
                              {"snapshot_id", TypeId::kLong},
                              {"since", TypeId::kTimestamptz},
                              {"started_at", TypeId::kTimestamptz}}),
          .rows = [](const Environment& environment, const iceberg::TableMetadata* ledger,
                     iceberg::Properties& cursors) -> Result<Rows> {
            Rows rows;
            const auto add = [&](const iceberg::Snapshot& snapshot, const std::string& table) {
              const auto record = ChangeRecordIn(snapshot.summary);
              if (record) rows.push_back(RowOf(*record, snapshot, environment.pipeline->name, table));
              return record.has_value();
            };
            INGOT_TRY(ForEachNewSnapshot(environment, kChangedKinds, ledger, cursors, add));
            return rows;
          }};
}

/// Errors: those of the catalog and of the storage. Input: cells at the end of a row that are missing are null.
Status Append(const Environment& environment, const LedgerTable& ledger, Rows rows, iceberg::SnapshotChange change) {
  INGOT_ASSIGN(const auto table,
               stage::EnsureTable(environment, {.spec = ledger.spec, .schema = ledger.schema, .definition = ""}));
  INGOT_ASSIGN(const auto columns, rows::ToArrowSchema(ledger.schema));
  for (CellRow& row : rows) row.resize(ledger.schema.fields.size());
  INGOT_ASSIGN(const auto batch, BatchOf(columns, rows));
  INGOT_ASSIGN(auto writer, stage::RowWriter::Open(environment, table));
  INGOT_TRY(writer.Write(batch));
  INGOT_ASSIGN(auto written, writer.Finish());
  INGOT_TRY(FaultPoint("ledger.after_files"));
  change.operation = "append";
  change.added = std::move(written.files);
  INGOT_TRY(iceberg::CommitFiles(table.home, change));
  return {};
}

/// Errors: those of the catalog and of the storage. A table of the ledger is created with its first row.
Status WriteTable(const Environment& environment, const LedgerTable& ledger) {
  INGOT_ASSIGN(const auto home, environment.Home(ledger.spec.table));
  INGOT_ASSIGN(const auto found, iceberg::FindTable(home));
  iceberg::Properties cursors;
  INGOT_ASSIGN(const Rows rows, ledger.rows(environment, found ? found->metadata.get() : nullptr, cursors));
  if (cursors.empty()) return {};
  iceberg::SnapshotChange change{.summary = cursors};
  change.validate = [&](const iceberg::TableMetadata& metadata) -> Status {
    for (const auto& [key, cursor] : cursors) {
      const auto before = found ? iceberg::NewestSummary(*found->metadata, key) : std::nullopt;
      if (iceberg::NewestSummary(metadata, key) != before)
        return Fail(ErrorKind::kConflict, "another run wrote the ledger meanwhile");
    }
    return {};
  };
  // A commit that sets the cursors of some tables must keep the others: each cursor is looked up by its own key.
  const Status written = Append(environment, ledger, rows, std::move(change));
  if (!written && written.error().kind == ErrorKind::kConflict) return {};  // the other run has written the same rows
  return written;
}

/// The newest rows that were held back, per silver table; JSON.
constexpr const char* kHeldKey = "ingot.held.";

std::string HeldToJson(const stage::HeldRows& held) {
  nlohmann::json json{{"text", stage::HeldText(held)}, {"at_us", NowMicros()}};
  if (held.after) json["after"] = *held.after;
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// A row of ops.quality without a rule.
CellRow RowOf(const RaisedWarning& raised, const iceberg::Schema& schema) {
  const stage::Warning& warning = raised.warning;
  std::map<std::string, Cell> cells{{"run_id", raised.run_id},
                                    {"table_name", warning.table},
                                    {"started_at", raised.started_at_micros},
                                    {"warning", std::string(WarningName(warning.kind))},
                                    {"message", warning.message}};
  if (!warning.field.empty()) cells["field"] = warning.field;
  if (warning.rows_checked > 0) {
    cells["rows_checked"] = warning.rows_checked;
    cells["rows_broken"] = warning.rows_found;
    cells["share_broken"] = double(warning.rows_found) / double(warning.rows_checked);
  }
  CellRow row;
  for (const auto& column : schema.fields) row.push_back(cells[column.name]);
  return row;
}

}  // namespace

Status WriteLedger(const Environment& environment) {
  INGOT_TRY(WriteTable(environment, Changes()));
  INGOT_TRY(WriteTable(environment, Quality()));
  return WriteTable(environment, Runs());
}

Status WriteHeld(const Environment& environment, const stage::HeldRows& held) {
  Rows rows;
  for (const auto& [rule, broken] : held.counts.broken_by_rule) {
    rows.push_back(QualityRow(environment.run_id, held.table, rule, held.counts.rows, broken, NowMicros()));
    *(rows.back().end() - 2) = true;
    if (const auto samples = held.samples_by_rule.find(rule); samples != held.samples_by_rule.end())
      rows.back().back() = samples->second;
  }
  return Append(environment, Quality(), rows, {.summary = {{kHeldKey + held.table, HeldToJson(held)}}});
}

Result<std::string> HeldBack(const Environment& environment, const pipeline::SilverSpec& silver) {
  INGOT_ASSIGN(const auto quality_home, environment.Home(pipeline::OpsQuality().table));
  INGOT_ASSIGN(const auto silver_home, environment.Home(silver.table.table));
  INGOT_ASSIGN(const auto quality, iceberg::FindTable(quality_home));
  INGOT_ASSIGN(const auto table, iceberg::FindTable(silver_home));
  const auto text = quality ? iceberg::NewestSummary(*quality->metadata, kHeldKey + silver.table.table) : std::nullopt;
  if (!text || !table || !HasGate(silver.rules)) return "";
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("text") || !json["text"].is_string()) return "";
  const auto after = json.contains("after") && json["after"].is_number_integer()
                         ? std::optional(json["after"].get<iceberg::SnapshotId>())
                         : std::nullopt;
  return stage::ConsumedSnapshot(*table->metadata) == after ? json["text"].get<std::string>() : "";
}

Status WriteWarnings(const Environment& environment, std::vector<RaisedWarning>& warnings) {
  if (warnings.empty()) return {};
  const LedgerTable quality = Quality();
  Rows rows;
  for (const RaisedWarning& warning : warnings) rows.push_back(RowOf(warning, quality.schema));
  INGOT_TRY(Append(environment, quality, std::move(rows), {}));
  warnings.clear();
  return {};
}

}  // namespace ingot::run
