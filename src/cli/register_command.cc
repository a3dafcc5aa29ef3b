#include <fmt/format.h>

#include <charconv>

#include "base/log.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "iceberg/location_catalog.h"
#include "storage/location.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string table;
  std::string location;
};

bool IsMetadataFile(std::string_view location) {
  return location.ends_with(".json") || location.ends_with(".json.gz");
}

/// "00042-….metadata.json" and "v42.metadata.json": 42.
int64_t VersionOf(std::string_view location) {
  std::string_view name = location.substr(location.rfind('/') + 1);
  if (name.starts_with('v')) name.remove_prefix(1);
  int64_t version = -1;
  std::from_chars(name.data(), name.data() + name.size(), version);
  return version;
}

/// The newest metadata file of a table's folder: the highest version, of several the one that was written last. A
/// commit that died before its swap may have left such a one, too; what it says was written wholly.
Result<std::string> NewestMetadata(storage::Storage& storage, const std::string& folder) {
  INGOT_ASSIGN(const auto files, storage.List(storage::JoinLocation(folder, "metadata")));
  const storage::FileInfo* newest = nullptr;
  bool several = false;
  for (const auto& file : files) {
    if (!IsMetadataFile(file.location) || file.location.find(".metadata.json") == std::string::npos) continue;
    const int64_t version = VersionOf(file.location), best = newest ? VersionOf(newest->location) : -1;
    several = (several && version <= best) || (newest != nullptr && version == best);
    if (newest == nullptr || version > best || (version == best && file.modified_micros > newest->modified_micros))
      newest = &file;
  }
  if (newest == nullptr)
    return Fail(ErrorKind::kNotFound,
                "no metadata file (*.metadata.json) in " + storage::JoinLocation(folder, "metadata"));
  if (several)
    LogWarning("several metadata files have the highest version; the one written last is taken: " + newest->location);
  return newest->location;
}

Status Register(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto name, iceberg::ParseTableName(options.table, house.catalog->Name()));
  std::string location = storage::AbsoluteLocation(options.location);
  if (!IsMetadataFile(location)) {
    INGOT_ASSIGN(location, NewestMetadata(*house.storage, location));
  }
  INGOT_ASSIGN(const auto metadata, iceberg::ReadMetadataFile(*house.storage, location));
  INGOT_TRY(house.catalog->CreateNamespace(name.space));
  INGOT_TRY(house.catalog->Register(name, location));
  fmt::print("{} is {} (format {}, {} snapshots), as of {}\n", name.Text(), metadata.location, metadata.format_version,
             metadata.snapshots.size(), location.substr(location.rfind('/') + 1));
  return {};
}

Status Unregister(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto name, iceberg::ParseTableName(options.table, house.catalog->Name()));
  INGOT_ASSIGN(const auto table, house.catalog->Load(name, house.storage));
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
  command->add_option("table", options->table, "namespace.table")->required();
  command->add_option("metadata", options->location, "Its metadata file, or its folder for the newest one")->required();
  command->footer(
      "Examples:\n  ingot register bronze.old /data/old/metadata/00042-….metadata.json\n  ingot register "
      "bronze.speedtest_raw warehouse/bronze/speedtest_raw   # after the catalog was lost");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Register(shared, *options); }; });
  auto* undo = app.add_subcommand("unregister", "Take a table out of the catalog; its files stay");
  AddShared(*undo, shared);
  undo->add_option("table", options->table, "namespace.table")->required();
  undo->footer("Example:\n  ingot unregister bronze.old");
  undo->callback([&shared, options] { shared.command = [&shared, options] { return Unregister(shared, *options); }; });
}

}  // namespace ingot::cli
