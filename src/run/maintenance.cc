#include "run/maintenance.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "iceberg/find_table.h"
#include "iceberg/journal.h"
#include "iceberg/summary_numbers.h"
#include "maintain/shared_folder.h"
#include "pipeline/tables.h"
#include "run/change_record.h"
#include "run/other_tables.h"
#include "stage/marks.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using iceberg::SequenceNumber;
using iceberg::Table;
using pipeline::PipelineTable;
using pipeline::TableKind;
using stage::Environment;

constexpr TableKind kLedgerKinds[] = {TableKind::kOps};
constexpr SequenceNumber kNothing = std::numeric_limits<SequenceNumber>::max();

Result<std::optional<Table>> Load(const Environment& environment, const std::string& name) {
  INGOT_ASSIGN(const auto home, environment.Home(name));
  return iceberg::FindTable(home);
}

/// Returns the pipeline's table of that name.
std::optional<PipelineTable> Find(const Environment& environment, const iceberg::TableName& name) {
  for (const PipelineTable& table : TablesOf(*environment.pipeline))
    if (const auto home = environment.Home(table.spec->table); home && home->name == name) return table;
  return std::nullopt;
}

std::optional<int64_t> KeepMicros(const Environment& environment, const iceberg::TableName& name) {
  const auto table = Find(environment, name);
  return table ? table->spec->keep_micros : std::nullopt;
  return std::nullopt;
}

/// Returns the folder of a table: its metadata file is in the subfolder "metadata".
std::string TableFolder(const std::string& metadata_location) {
  return storage::CanonicalLocation(storage::ParentLocation(storage::ParentLocation(metadata_location)));
}

}  // namespace

Result<std::vector<std::string>> RequestedOrAllTables(const Environment& environment,
                                                      const std::vector<std::string>& requested) {
  if (!requested.empty()) return requested;
  const auto& pipeline = *environment.pipeline;
  if (pipeline.bronze.table.empty()) {
    INGOT_ASSIGN(const auto tables, environment.catalog->ListTables());
    std::vector<std::string> all;
    for (const auto& table : tables) all.push_back(table.Text());
    return all;
  }
  std::vector<std::string> existing;
  for (const PipelineTable& each : TablesOf(pipeline)) {
    const auto table = Load(environment, each.spec->table);
    if (!table || *table)
      existing.push_back(each.spec->table);  // an unreadable table is reported by the code that reads it
  }
  return existing;
}

Result<std::vector<std::string>> RequestedOrExistingTables(const OpenedPipeline& open,
                                                           const std::vector<std::string>& requested,
                                                           std::string_view purpose) {
  INGOT_ASSIGN(auto tables, RequestedOrAllTables(open.environment, requested));
  if (!tables.empty()) return tables;
  return Fail(ErrorKind::kNotFound, open.why_no_tables + ": nothing to " + std::string(purpose) +
                                        " (wrong --warehouse or --catalog? ingot run creates the tables, ingot table "
                                        "list shows others)");
}

Result<std::function<bool(const std::string&)>> FilesOfOtherTables(const Environment& environment, const Table& table) {
  std::function<bool(const std::string&)> belongs_to_other_table;
  if (table.home.catalog->ChoosesLocations()) return belongs_to_other_table;
  const std::string own = TableFolder(table.metadata_location);
  INGOT_ASSIGN(const auto entries, table.home.catalog->Entries());
  std::set<std::string> folders, needed;
  for (const iceberg::CatalogEntry& entry : entries)
    if (entry.catalog != table.home.catalog->Name() || entry.name != table.home.name)
      folders.insert(TableFolder(entry.metadata_location));
  if (folders.erase(own) > 0) {
    INGOT_ASSIGN(const auto others, OtherTables(environment, table.home.name));
    INGOT_ASSIGN(auto shared_folder, maintain::InspectSharedFolder(table, {}, others));
    needed = std::move(shared_folder.needed);
  }
  belongs_to_other_table = [own, folders, needed](const std::string& location) {
    if (!needed.empty() && needed.contains(storage::FileIdentity(location))) return true;
    const std::string place = storage::CanonicalLocation(location);
    return !storage::IsInside(place, own) &&
           std::ranges::any_of(folders, [&](const std::string& other) { return storage::IsInside(place, other); });
  };
  return belongs_to_other_table;
}

/// The oldest snapshot with a change that ops.changes does not have yet. ops.changes may not exist.
Result<SequenceNumber> FirstUnrecordedChange(const Environment& environment, const Table& source) {
  INGOT_ASSIGN(const auto changes, Load(environment, pipeline::OpsChanges().table));
  const auto seen = changes
                        ? iceberg::NewestSummaryNumber(*changes->metadata, stage::kLedgerKey + source.home.name.Text())
                        : std::nullopt;
  SequenceNumber from = kNothing;
  for (const iceberg::Snapshot& snapshot : source.metadata->snapshots)
    if (snapshot.sequence_number > seen.value_or(0) && ChangeRecordIn(snapshot.summary))
      from = std::min(from, snapshot.sequence_number);
  return from;
}

Result<SequenceNumber> KeepFrom(const Environment& environment, const iceberg::TableHome& home) {
  const auto own = Find(environment, home.name);
  if (!own || own->kind == TableKind::kOps) return KeepForConsumers(environment, home);
  SequenceNumber from = kNothing;
  if (own->kind != TableKind::kQuarantine)
    for (const PipelineTable& ops : TablesOf(*environment.pipeline, kLedgerKinds)) {
      if (ops.spec == &pipeline::OpsChanges()) continue;
      INGOT_ASSIGN(const auto table, Load(environment, ops.spec->table));
      const auto seen =
          table ? iceberg::NewestSummaryNumber(*table->metadata, stage::kLedgerKey + home.name.Text()) : std::nullopt;
      from = std::min<SequenceNumber>(from, seen ? *seen + 1 : 0);
    }
  std::vector<std::optional<iceberg::SnapshotId>> consumed;
  for (const PipelineTable& each : TablesOf(*environment.pipeline)) {
    if (each.source != own->spec) continue;
    INGOT_ASSIGN(const auto table, Load(environment, each.spec->table));
    consumed.push_back(table ? stage::ConsumedSnapshot(*table->metadata) : std::nullopt);
  }
  // The source is loaded last: it contains the snapshots that its consumers name. Each of these must also be kept,
  // because its consumer resumes after it.
  INGOT_ASSIGN(const Table source, iceberg::LoadTable(home));
  INGOT_ASSIGN(const SequenceNumber change, FirstUnrecordedChange(environment, source));
  from = std::min(from, change);
  for (const auto& id : consumed) {
    const auto* snapshot = id ? source.metadata->SnapshotById(*id) : nullptr;
    from = std::min(from, snapshot == nullptr ? 0 : snapshot->sequence_number);
  }
  return from;
}

Result<MaintenanceReport> MaintainTable(const Environment& environment, const std::string& name,
                                        const MaintenanceOptions& options) {
  INGOT_ASSIGN(const auto home, environment.Home(name));
  INGOT_ASSIGN(Table table, iceberg::LoadTable(home));
  MaintenanceReport report{.table = home.name.Text()};
  const auto wanted = [&](const char* operation) { return options.operations.contains(operation); };
  // Remote storage rejects requests when the clock is minutes off, so it confirms the clock.
  const bool vouched = options.clock.trusted || !storage::LocalPath(table.metadata->location);
  const auto check_clock = [&](std::optional<int64_t> keep) {
    return vouched ? CheckClock(environment, options.clock)
                   : CheckClockForDeleting(environment, options.clock, AheadMaxOf(keep));
  };
  if (const auto keep = KeepMicros(environment, home.name); keep && wanted("retention")) {
    INGOT_TRY(check_clock(keep));
    maintain::RetentionOptions retention{.keep_micros = *keep, .dry_run = options.dry_run};
    if (!vouched) retention.newest_age_max_micros = AheadMaxOf(keep);
    INGOT_ASSIGN(report.retention, maintain::DropOldPartitions(home, retention));
  }
  if (wanted("expire") || wanted("orphans")) INGOT_TRY(check_clock(std::nullopt));
  if (wanted("compact")) {
    maintain::CompactOptions compact = options.compact;
    compact.policy.file_bytes_target =
        options.file_bytes_target.value_or(maintain::PolicyOf(*table.metadata).file_bytes_target);
    compact.dry_run = options.dry_run;
    INGOT_ASSIGN(report.compact, maintain::CompactTable(home, compact));
  }
  if (wanted("deletes")) {
    maintain::RewriteDeletesOptions deletes = options.deletes;
    deletes.dry_run = options.dry_run;
    INGOT_ASSIGN(report.deletes, maintain::RewriteDeletes(home, deletes));
  }
  if (wanted("manifests")) {
    INGOT_ASSIGN(report.manifests, maintain::RewriteManifests(home, {.dry_run = options.dry_run}));
  }
  if (wanted("statistics")) {
    INGOT_ASSIGN(report.statistics,
                 maintain::WriteStatistics(home, {.threads = environment.threads, .dry_run = options.dry_run}));
  }
  if (wanted("expire")) {
    maintain::ExpireOptions expire = options.expire;
    expire.dry_run = options.dry_run;
    INGOT_ASSIGN(expire.keep_from, KeepFrom(environment, home));
    INGOT_ASSIGN(const auto journal, iceberg::ReadJournal(*table.home.storage, *table.metadata));
    expire.keep = journal.reading;
    INGOT_ASSIGN(expire.belongs_to_other_table, FilesOfOtherTables(environment, table));
    INGOT_ASSIGN(report.expire, maintain::ExpireSnapshots(home, expire, stage::KeepMarks));
  }
  if (wanted("orphans")) {
    maintain::OrphanOptions orphans = options.orphans;
    orphans.dry_run = options.dry_run;
    INGOT_ASSIGN(orphans.other_tables, OtherTables(environment, home.name));
    INGOT_ASSIGN(report.orphans, maintain::RemoveOrphans(home, orphans));
  }
  return report;
}

}  // namespace ingot::run
