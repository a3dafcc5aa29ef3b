#include "cli/table_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/rows_text.h"
#include "iceberg/table.h"
#include "rows/metadata_rows.h"
#include "rows/scan.h"
#include "run/change_record.h"
#include "run/table_changes.h"

namespace ingot::cli {
namespace {

std::string Total(const iceberg::Snapshot* snapshot, const char* key) {
  if (snapshot == nullptr) return "0";
  const auto found = snapshot->summary.find(key);
  return found == snapshot->summary.end() ? "?" : found->second;
}

Status List(const Shared& shared) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.open_options));
  INGOT_ASSIGN(const auto tables, house.catalog->ListTables());
  if (!shared.Json())
    fmt::print("{:<36} {:>14} {:>8} {:>10} {:>9}\n", "table", "records", "files", "bytes", "snapshots");
  if (tables.empty()) LogWarning(run::WhyNoTables(shared.open_options));
  for (const auto& name : tables) {
    INGOT_ASSIGN(const auto table, iceberg::LoadTable({house.catalog, house.storage, name}));
    const iceberg::Snapshot* snapshot = table.metadata->CurrentSnapshot();
    const std::string records = Total(snapshot, "total-records"), files = Total(snapshot, "total-data-files"),
                      bytes = Total(snapshot, "total-files-size");
    if (shared.Json())
      fmt::print("{{\"table\":{},\"records\":{},\"files\":{},\"bytes\":{},\"snapshots\":{}}}\n", JsonQuote(name.Text()),
                 JsonQuote(records), JsonQuote(files), JsonQuote(bytes), table.metadata->snapshots.size());
    else
      fmt::print("{:<36} {:>14} {:>8} {:>10} {:>9}\n", name.Text(), records, files,
                 bytes == "?" ? bytes : HumanBytes(std::atof(bytes.c_str())), table.metadata->snapshots.size());
  }
  return {};
}

Status Show(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  const iceberg::TableMetadata& metadata = *table.metadata;
  if (shared.Json()) {
    fmt::print("{}\n", iceberg::TableMetadataToJson(metadata));
    return {};
  }
  const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot();
  fmt::print(
      "table        {}\nlocation     {}\nmetadata     {}\nformat       {}\nrecords      {}\ndata files   "
      "{}\n\ncolumns\n",
      table.home.name.Text(), metadata.location, table.metadata_location, metadata.format_version,
      Total(snapshot, "total-records"), Total(snapshot, "total-data-files"));
  for (const auto& field : metadata.CurrentSchema().fields)
    fmt::print("  {:>4}  {:<24} {:<20} {}\n", field.id, field.name, TypeName(field.type),
               field.required ? "required" : "");
  fmt::print("\npartition\n");
  for (const auto& field : metadata.DefaultSpec().fields)
    fmt::print("  {} = {}({})\n", field.name, iceberg::TransformName(field.transform),
               metadata.CurrentSchema().NameOf(field.source_id));
  const auto sort = metadata.DefaultSort();
  if (!sort.empty()) fmt::print("\nsort order\n");
  for (const auto& [column, descending, nulls_first] : sort)
    fmt::print("  {} {} nulls {}\n", column, descending ? "desc" : "asc",
               nulls_first.value_or(!descending) ? "first" : "last");
  fmt::print("\nproperties\n");
  for (const auto& [key, value] : metadata.properties) fmt::print("  {} = {}\n", key, value);
  return {};
}

/// What changed the definition or existing rows in this snapshot: "rebuild: silver.t: rule a: added". Empty without a
/// change.
std::string ChangeOf(const iceberg::Snapshot& snapshot) {
  const auto record = run::ChangeRecordIn(snapshot.summary);
  return record ? fmt::format("{}: {}", record->action, fmt::join(record->differences, "; ")) : "";
}

Status History(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(*table.metadata, table.metadata->current_snapshot_id)) {
    const auto count = [&](const char* key) {
      return snapshot->summary.contains(key) ? snapshot->summary.at(key) : std::string("0");
    };
    const std::string change = ChangeOf(*snapshot);
    if (shared.Json())
      fmt::print(
          "{{\"snapshot_id\":{},\"committed_at\":{},\"operation\":{},\"added_records\":{},\"deleted_records\":{},"
          "\"change\":{}}}\n",
          snapshot->snapshot_id, JsonQuote(FormatTimestampMicros(snapshot->timestamp_ms * 1000)),
          JsonQuote(snapshot->Operation()), count("added-records"), count("deleted-records"),
          change.empty() ? "null" : JsonQuote(change));
    else
      fmt::print("{}  {:>20}  {:<10} +{} -{}{}{}\n", FormatTimestampMicros(snapshot->timestamp_ms * 1000),
                 snapshot->snapshot_id, snapshot->Operation(), count("added-records"), count("deleted-records"),
                 change.empty() ? "" : "  ", change);
  }
  return {};
}

Status Files(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, {}));
  for (const rows::FileTask& task : plan.tasks) {
    if (shared.Json())
      fmt::print("{{\"location\":{},\"records\":{},\"bytes\":{},\"delete_files\":{}}}\n", JsonQuote(task.file.location),
                 task.file.record_count, task.file.file_bytes, task.deletes.size());
    else
      fmt::print("{:>12} {:>10}  {}{}\n", task.file.record_count, HumanBytes(double(task.file.file_bytes)),
                 task.file.location,
                 task.deletes.empty() ? "" : fmt::format("  ({} delete files)", task.deletes.size()));
  }
  return {};
}

using MetadataRows = Result<Relation> (*)(const iceberg::Table&);

template <MetadataRows rows>
Status Print(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const Relation relation, rows(table));
  std::vector<int> all(size_t(relation.schema->num_fields()));
  std::iota(all.begin(), all.end(), 0);
  INGOT_ASSIGN(const auto parts, relation.open(all));
  INGOT_ASSIGN(const auto reader, parts.at(0)());
  return PrintRows(*reader, shared.Json() ? "json" : "table");
}

}  // namespace

std::pair<CLI::App*, std::shared_ptr<TableOptions>> AddTableAction(CLI::App& table, Shared& shared, const char* name,
                                                                   const char* help, TableAction action) {
  auto* command = table.add_subcommand(name, help);
  auto options = std::make_shared<TableOptions>();
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table")->required();
  command->callback(
      [&shared, options, action] { shared.command = [&shared, options, action] { return action(shared, *options); }; });
  return {command, options};
}

void AddTable(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("table", "Show tables, evolve them, roll them back");
  command->require_subcommand(1);
  command->footer(  // also of the subcommands that have none of their own
      "Examples:\n  ingot table list\n  ingot table history silver.speedtest_clean\n  ingot table tag "
      "gold.speedtest_agg month-end\n  ingot table rollback gold.speedtest_agg --snapshot 1234");
  const auto add = [&](const char* name, const char* help, TableAction action) {
    AddTableAction(*command, shared, name, help, action);
  };
  auto* list = command->add_subcommand("list", "All tables of the catalog");
  AddShared(*list, shared);
  list->callback([&shared] { shared.command = [&shared] { return List(shared); }; });
  add("show", "Columns, partition and properties", Show);
  add("history", "Snapshots, newest first", History);
  add("files", "Data files of the current snapshot", Files);
  add("partitions", "Partitions of the current snapshot, with their rows, files and bytes", Print<rows::PartitionRows>);
  add("manifests", "Manifests of the current snapshot", Print<rows::ManifestRows>);
  add("refs", "Branches and tags", Print<rows::RefRows>);
  AddTableChanges(*command, shared);
  AddTableDelete(*command, shared);
  AddTableMove(*command, shared);
}

}  // namespace ingot::cli
