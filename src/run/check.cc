#include "run/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "bronze/bronze.h"
#include "bronze/offsets.h"
#include "catalog/open.h"
#include "iceberg/find_table.h"
#include "pipeline/tables.h"
#include "run/ledger.h"
#include "run/plan.h"
#include "run/trino_client.h"
#include "source/source.h"
#include "stage/changes.h"
#include "stage/report.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using iceberg::Snapshot;
using iceberg::Table;
using iceberg::TableMetadata;

constexpr size_t kCommitsMin = 3;  // one commit alone may be a few bad records between good ones

std::string Ago(int64_t micros) {
  const int64_t seconds = std::max<int64_t>(0, NowMicros() - micros) / kMicrosPerSecond;
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min ago", seconds / 60);
  return seconds < 48 * 3600 ? fmt::format("{} h ago", seconds / 3600) : fmt::format("{} days ago", seconds / 86400);
}

Result<std::optional<Table>> Find(const OpenedPipeline& open, const std::string& name) {
  INGOT_ASSIGN(const auto home, open.environment.Home(name));
  return iceberg::FindTable(home);
}

/// Returns the newest snapshot that a stage committed.
const Snapshot* NewestOfStage(const TableMetadata& metadata) {
  const Snapshot* newest = nullptr;
  for (const Snapshot& snapshot : metadata.snapshots)
    if (snapshot.summary.contains(stage::kStageKey)) newest = &snapshot;
  return newest;
}

std::string LastCommit(const Snapshot* newest) {
  return newest == nullptr ? "no commit yet" : "last commit " + Ago(newest->timestamp_ms * 1000);
}

/// `waits` describes what waits, as text.
Result<std::string> CheckLateness(const std::string& waits, int64_t since_micros, const Snapshot* newest,
                                  int64_t late_micros) {
  const std::string text = waits + "; " + LastCommit(newest);
  if (NowMicros() - since_micros <= late_micros) return text;
  return Fail(ErrorKind::kRetry, text + ": is `ingot run` still running? Its log says why not");
}

Result<std::string> ExamineBronze(const OpenedPipeline& open, int64_t late_micros) {
  const pipeline::Pipeline& pipeline = *open.pipeline;
  INGOT_ASSIGN(const auto table, Find(open, pipeline.bronze.table));
  if (!table) return "not created yet: the first `ingot run` creates it";
  INGOT_ASSIGN(const auto checkpoint, bronze::ReadCheckpoint(*table->home.storage, *table->metadata));
  INGOT_ASSIGN(const auto source, source::OpenSource(open.source, bronze::SourceOptionsOf(pipeline)));
  INGOT_TRY(source->Seek(checkpoint));
  if (const auto failures = source->Failures(); !failures.empty()) return Fail(ErrorKind::kBadInput, failures[0]);
  std::string unusual;
  for (const source::InputWarning& warning : source->Warnings()) unusual += "; " + warning.message;
  const int64_t records = source->RecordsBehind(), bytes = source->BytesLeft();
  const Snapshot* newest = NewestOfStage(*table->metadata);
  if (records == 0 && bytes == 0) return "is up to date with the source; " + LastCommit(newest) + unusual;
  return CheckLateness(records > 0 ? fmt::format("{} records wait in the source", records)
                                   : fmt::format("{} bytes wait in the source", bytes),
                       newest == nullptr ? NowMicros() : newest->timestamp_ms * 1000, newest, late_micros);
}

/// Reports that the last commits of silver kept no row. Returns "" when they kept some, or when there are too few
/// commits.
std::string AllQuarantined(const TableMetadata& silver, const std::string& quarantine) {
  std::vector<stage::StageReport> commits;
  for (const Snapshot& snapshot : silver.snapshots)
    if (auto report = stage::ReportOf(snapshot, ""); report && report->rows_in > 0)
      commits.push_back(std::move(*report));
  if (commits.size() < kCommitsMin) return "";
  stage::StageReport last;
  for (size_t i = commits.size() - kCommitsMin; i < commits.size(); ++i) last.Add(commits[i]);
  if (last.rows_out > 0 || last.quarantined == 0) return "";
  return fmt::format("none of the {} rows of the last {} commits was kept, {} are in quarantine ", last.rows_in,
                     kCommitsMin, last.quarantined) +
         "(ingot query \"SELECT _rules, count(*) FROM " + quarantine + " GROUP BY ALL\")";
}

Result<std::string> ExamineStage(const OpenedPipeline& open, const pipeline::PipelineTable& table,
                                 int64_t late_micros) {
  const std::string &from = table.source->table, &to = table.spec->table;
  INGOT_ASSIGN(const auto earlier, Find(open, from));
  INGOT_ASSIGN(const auto later, Find(open, to));
  if (!earlier) return from + " does not exist yet";
  const Snapshot* newest = later ? NewestOfStage(*later->metadata) : nullptr;
  INGOT_ASSIGN(const auto waiting,
               stage::ChangesSince(*earlier->metadata, later ? stage::MarkOf(*later->metadata) : stage::Mark(), from));
  const std::string quarantined =
      later && table.kind == pipeline::TableKind::kSilver
          ? AllQuarantined(*later->metadata, open.pipeline->silver[table.item].quarantine.table)
          : "";
  if (!quarantined.empty()) return Fail(ErrorKind::kBadInput, quarantined);
  if (waiting.Empty()) return "is up to date with " + from + "; " + LastCommit(newest);
  if (waiting.appends.empty()) return waiting.rewriter + " rewrote rows of " + from + "; " + LastCommit(newest);
  return CheckLateness(fmt::format("{} rows of {} wait", waiting.AddedRows(), from),
                       waiting.appends.front()->timestamp_ms * 1000, newest, late_micros);
}

Checked ExamineTable(const OpenedPipeline& open, const pipeline::PipelineTable& table, int64_t late_micros) {
  const std::string& name = table.spec->table;
  if (table.kind == pipeline::TableKind::kSilver) {
    const auto held = HeldBack(open.environment, open.pipeline->silver[table.item]);
    if (held && !held->empty()) return {name, Fail(ErrorKind::kBadInput, "quality: " + *held), true};
  }
  return {name, ExamineStage(open, table, late_micros)};
}

std::string QuoteName(const std::string& name) {
  return pipeline::QuoteName(name, pipeline::Dialect::kTrino);
}

Result<std::string> CheckTrino(const OpenedPipeline& open, const std::string& url) {
  TrinoClient trino(url, 1);
  INGOT_TRY(trino.Run("SELECT 1"));
  std::string seen;
  for (const auto& gold : open.pipeline->gold) {
    INGOT_ASSIGN(const auto table, Find(open, gold.table.table));
    if (!table || !table->metadata->current_snapshot_id) continue;
    const auto& name = table->home.name;
    INGOT_ASSIGN(const auto rows,
                 trino.Run(fmt::format("SELECT snapshot_id FROM {}.{}.{} ORDER BY committed_at DESC LIMIT 1",
                                       QuoteName(table->home.catalog->Name()), QuoteName(name.space),
                                       QuoteName(name.name + "$snapshots"))));
    const int64_t snapshot = rows.empty() ? 0 : std::atoll(rows[0][0].c_str());
    if (table->metadata->SnapshotById(snapshot) == nullptr)
      return Fail(ErrorKind::kBadConfig, fmt::format("{} is another table there: its catalog is not that of Ingot "
                                                     "(iceberg.jdbc-catalog.connection-url)",
                                                     name.Text()));
    seen += " and " + name.Text();
  }
  return url + (seen.empty() ? " answers" : " shows " + seen.substr(5));
}

/// Checks that the nearest existing folder above a warehouse that does not exist is writable. A check creates nothing.
Status CheckParent(std::filesystem::path folder) {
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && !error) folder = folder.parent_path();
  if (!error && ::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return Fail(ErrorKind::kBadConfig, "cannot create a warehouse in " + folder.string() + ": " +
                                         (error ? error.message() : std::strerror(errno)));
}

Result<std::string> CheckStorage(const std::string& warehouse) {
  const std::string location = storage::AbsoluteLocation(warehouse);
  const auto path = storage::LocalPath(location);
  std::error_code ignored;
  if (path && !std::filesystem::exists(*path, ignored)) {
    INGOT_TRY(CheckParent(*path));
    return location + " does not exist yet: the first `ingot run` creates it";
  }
  INGOT_ASSIGN(const auto storage, storage::OpenStorage(warehouse));
  const std::string probe = storage::JoinLocation(location, ".ingot-check-" + RandomUuid());
  INGOT_TRY(storage->CreateAtomic(probe, "ingot"));
  const auto read = storage->ReadAll(probe);
  INGOT_TRY(storage->Delete(probe));
  INGOT_TRY(read);
  return location;
}

Result<int64_t> CheckTables(const OpenOptions& open_options) {
  INGOT_ASSIGN(const auto house, OpenLakehouse(open_options));
  INGOT_ASSIGN(const auto names, house.catalog->ListTables());
  for (const auto& name : names)
    INGOT_TRY(WithContext(iceberg::LoadTable({house.catalog, house.storage, name}), "table " + name.Text()));
  return int64_t(names.size());
}

}  // namespace

Checked ExamineStorage(const std::string& warehouse) {
  return {"storage", CheckStorage(warehouse)};
}

Checked ExamineCatalog(const OpenOptions& open_options) {
  const auto tables = CheckTables(open_options);
  if (!tables) return {"catalog", std::unexpected(tables.error())};
  return {"catalog", fmt::format("{} ({} tables)", catalog::WithoutPassword(CatalogUri(open_options)), *tables)};
}

std::vector<Checked> ExamineData(const OpenedPipeline& open, int64_t late_micros) {
  const pipeline::Pipeline& pipeline = *open.pipeline;
  std::vector<Checked> findings{{pipeline.bronze.table, ExamineBronze(open, late_micros)}};
  for (const auto& table : TablesOf(pipeline, pipeline::kReportedKinds))
    if (table.source != nullptr) findings.push_back(ExamineTable(open, table, late_micros));
  return findings;
}

Checked ExaminePlan(const OpenedPipeline& open) {
  const auto plan = MakePlan(open.environment);
  if (!plan) return {"tables", std::unexpected(plan.error())};
  if (plan->Pending()) return {"tables", std::unexpected(PendingError(*plan, stage::kStages))};
  const auto changes = std::ranges::count(plan->tables, Need::kApply, &TablePlan::need);
  return {"tables", changes == 0 ? "are what the pipeline file says"
                                 : fmt::format("the next run changes {} of them (ingot plan)", changes)};
}

Checked ExamineTrino(const OpenedPipeline& open, const std::string& url) {
  auto detail = CheckTrino(open, url);
  if (!detail && detail.error().kind == ErrorKind::kRetry)
    detail.error().message += " (it answers half a minute after its start, and needs 1.9 GB)";
  if (!detail && detail.error().message.find("_NOT_FOUND") != std::string::npos)
    detail.error().message += " (Trino and Ingot must name the same catalog, and call it iceberg_catalog)";
  return {"trino", std::move(detail)};
}

}  // namespace ingot::run
