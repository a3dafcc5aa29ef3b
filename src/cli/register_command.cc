#include <fmt/format.h>

#include "base/json_text.h"
#include "base/log.h"
#include "cli/commands.h"
#include "run/found_tables.h"
#include "run/register.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string table;
  std::string location;
  bool all = false, dry_run = false;
};

/// Exit code 1 when a table could not be registered. The others are registered.
Status RegisterAll(Shared& shared, bool dry_run) {
  shared.open_options.creates = false;  // nothing is created where nothing is found
  INGOT_ASSIGN(auto house, run::OpenEmptyLakehouse(shared.open_options));
  INGOT_ASSIGN(const auto found, run::FindTables(house, shared.open_options.warehouse));
  if (found.empty() && !shared.Json()) fmt::print("no table was found in {}\n", shared.open_options.warehouse);
  if (found.empty()) return {};
  shared.open_options.creates = !dry_run;
  INGOT_ASSIGN(house, run::OpenEmptyLakehouse(shared.open_options));
  INGOT_ASSIGN(const auto tables, run::RegisterAll(house, found, {.dry_run = dry_run}));
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

Status Register(Shared& shared, const Options& options) {
  shared.open_options.creates = !options.dry_run;
  if (options.all && options.table.empty()) return RegisterAll(shared, options.dry_run);
  if (options.all || options.dry_run || options.location.empty())
    return Fail(ErrorKind::kBadConfig,
                "give a table and its metadata file or folder, or --all (see: ingot register --help)");
  INGOT_ASSIGN(const auto house, run::OpenEmptyLakehouse(shared.open_options));
  INGOT_ASSIGN(const auto done, run::RegisterTable(house, options.table, options.location));
  for (const iceberg::TableName& other : done.other_names)
    LogWarning(done.name.Text() + " is the same table as " + other.Text() +
               ": what is written or maintained under one name does not reach the other. Keep one of them: ingot "
               "unregister");
  fmt::print("{} is {} (format {}, {} snapshots), as of {}\n", done.name.Text(), done.metadata.location,
             done.metadata.format_version, done.metadata.snapshots.size(),
             done.metadata_location.substr(done.metadata_location.rfind('/') + 1));
  return {};
}

}  // namespace

void AddRegister(CLI::App& app, Shared& shared) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("register", "Put an existing table into the catalog");
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table");
  command->add_option("metadata", options->location, "Its metadata file, or its folder for the newest one");
  command->add_flag("--all", options->all, "All tables in the warehouse that are not in the catalog");
  command->add_flag("--dry-run", options->dry_run, "With --all: list them; change nothing");
  command->footer(
      "Examples:\n  ingot register bronze.old /data/old/metadata/00042-….metadata.json\n  ingot register "
      "bronze.speedtest_raw warehouse/bronze/speedtest_raw\n  ingot register --all --dry-run   # after the catalog was "
      "lost");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Register(shared, *options); }; });
}

}  // namespace ingot::cli
