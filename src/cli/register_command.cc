#include <fmt/format.h>

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

Status Register(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto name, iceberg::ParseTableName(options.table, house.catalog->Name()));
  const std::string location = storage::AbsoluteLocation(options.location);
  INGOT_ASSIGN(const auto metadata, iceberg::ReadMetadataFile(*house.storage, location));
  INGOT_TRY(house.catalog->CreateNamespace(name.space));
  INGOT_TRY(house.catalog->Register(name, location));
  fmt::print("{} is {} (format {}, {} snapshots)\n", name.Text(), metadata.location, metadata.format_version,
             metadata.snapshots.size());
  return {};
}

}  // namespace

void AddRegister(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("register", "Put an existing table into the catalog");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table")->required();
  command->add_option("metadata", options->location, "Its newest metadata file")->required();
  command->footer("Example:\n  ingot register bronze.old /data/old/metadata/00042-….metadata.json");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Register(shared, *options); }; });
}

}  // namespace ingot::cli
