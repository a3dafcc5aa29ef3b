#include <fmt/format.h>

#include "base/json_text.h"
#include "base/log.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "iceberg/location_catalog.h"
#include "iceberg/unregistered.h"
#include "run/found_tables.h"
#include "storage/location.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string table;
  std::string location;
  bool all = false, dry_run = false;
};

bool IsMetadataFile(std::string_view location) {
  return location.ends_with(".json") || location.ends_with(".json.gz") || location.ends_with(".json.zst") ||
         location.ends_with(".json.zstd");
}

/// Exit code 1 when a table could not be entered; the others are.
Status RegisterAll(Shared& shared, bool dry_run) {
  INGOT_ASSIGN(const auto house, run::OpenEmptyLakehouse(shared.place));
  INGOT_ASSIGN(const auto tables, run::RegisterAll(house, shared.place.warehouse, dry_run));
  if (tables.empty() && !shared.Json()) fmt::print("no table was found in {}\n", shared.place.warehouse);
  for (const auto& [found, known, error] : tables) {
    if (error) shared.exit_code = 1;
    if (shared.Json()) {
      fmt::print("{{\"table\":{},\"folder\":{},\"metadata\":{},\"dry_run\":{},\"outcome\":\"{}\"{}}}\n",
                 JsonQuote(found.name), JsonQuote(found.folder), JsonQuote(found.metadata_location), dry_run,
                 error   ? "failed"
                 : known ? "known"
                         : "registered",
                 error ? ",\"error\":" + JsonQuote(error->message) : "");
      continue;
    }
    const std::string as_of = found.metadata_location.substr(found.metadata_location.rfind('/') + 1);
    fmt::print("{:<36} {}{}\n", found.name.empty() ? "?" : found.name, found.folder,
               error           ? "  FAILED: " + error->message
               : known         ? "  is in the catalog"
               : found.several ? "  as of " + as_of + ", the one of several of that version that was written last"
                               : "  as of " + as_of);
  }
  return {};
}

/// From here on each of two names of one table has its own history over the same files.
void WarnOfOtherName(const run::Lakehouse& house, const iceberg::TableName& name,
                     const iceberg::TableMetadata& metadata) {
  const auto entries = house.catalog->Entries();
  if (!entries) return;
  for (const iceberg::CatalogEntry& entry : *entries) {
    if (entry.catalog != house.catalog->Name() || entry.name == name) continue;
    if (const auto other = house.catalog->Load(entry.name, house.storage);
        other && other->metadata->table_uuid == metadata.table_uuid)
      LogWarning(name.Text() + " is the same table as " + entry.name.Text() +
                 ": what is written or maintained under one name does not reach the other. Keep one of them: ingot "
                 "unregister");
  }
}

Status Register(Shared& shared, const Options& options) {
  shared.place.creates = !options.dry_run;
  if (options.all && options.table.empty()) return RegisterAll(shared, options.dry_run);
  if (options.all || options.dry_run || options.location.empty())
    return Fail(ErrorKind::kBadConfig,
                "give a table and its metadata file or folder, or --all (see: ingot register --help)");
  INGOT_ASSIGN(const auto house, run::OpenEmptyLakehouse(shared.place));
  INGOT_ASSIGN(const auto name, iceberg::ParseTableName(options.table, house.catalog->Name()));
  std::string location = storage::AbsoluteLocation(options.location);
  if (!IsMetadataFile(location)) {
    INGOT_ASSIGN(location, run::NewestMetadataOf(*house.storage, location));
  }
  INGOT_ASSIGN(const auto metadata, iceberg::ReadMetadataFile(*house.storage, location));
  INGOT_TRY(house.catalog->CreateNamespace(name.space));
  INGOT_TRY(house.catalog->Register(name, location));
  INGOT_TRY(iceberg::NoteUnregistered(*house.storage, metadata, false));
  WarnOfOtherName(house, name, metadata);
  fmt::print("{} is {} (format {}, {} snapshots), as of {}\n", name.Text(), metadata.location, metadata.format_version,
             metadata.snapshots.size(), location.substr(location.rfind('/') + 1));
  return {};
}

Status Unregister(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto name, iceberg::ParseTableName(options.table, house.catalog->Name()));
  INGOT_ASSIGN(const auto table, house.catalog->Load(name, house.storage));
  // Before: a crash between leaves a table that is still in the catalog.
  if (const auto noted = iceberg::NoteUnregistered(*table.storage, *table.metadata, true); !noted)
    LogWarning("no table can be made in its folder: " + noted.error().message);
  INGOT_TRY(house.catalog->Drop(name));
  fmt::print("{} is no table of the catalog any more; its files stay. To have it back:\n  ingot register {} {}\n",
             name.Text(), name.Text(), table.metadata_location);
  return {};
}

}  // namespace

void AddRegister(CLI::App& app, Shared& shared) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("register", "Put an existing table into the catalog");
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table");
  command->add_option("metadata", options->location, "Its metadata file, or its folder for the newest one");
  command->add_flag("--all", options->all, "Every table that lies in the warehouse and is not in the catalog");
  command->add_flag("--dry-run", options->dry_run, "With --all: tell which, change nothing");
  command->footer(
      "Examples:\n  ingot register bronze.old /data/old/metadata/00042-….metadata.json\n  ingot register "
      "bronze.speedtest_raw warehouse/bronze/speedtest_raw\n  ingot register --all --dry-run   # after the catalog was "
      "lost");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Register(shared, *options); }; });
  auto* undo = app.add_subcommand("unregister", "Take a table out of the catalog; its files stay");
  AddShared(*undo, shared);
  undo->add_option("table", options->table, "namespace.table")->required();
  undo->footer("Example:\n  ingot unregister bronze.old");
  undo->callback([&shared, options] { shared.command = [&shared, options] { return Unregister(shared, *options); }; });
}

}  // namespace ingot::cli
