#include <fmt/format.h>

#include "base/log.h"
#include "cli/commands.h"
#include "run/register.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string table;
};

Status Unregister(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.open_options));
  INGOT_ASSIGN(const auto done, run::UnregisterTable(house, options.table));
  if (!done.warning.empty()) LogWarning("no table can be created in its folder: " + done.warning);
  fmt::print("{} is no longer in the catalog; its files remain. To restore it:\n  ingot register {} {}\n",
             done.name.Text(), done.name.Text(), done.metadata_location);
  return {};
}

}  // namespace

void AddUnregister(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("unregister", "Remove a table from the catalog; its files stay");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table")->required();
  command->footer("Example:\n  ingot unregister bronze.old");
  command->callback(
      [&shared, options] { shared.command = [&shared, options] { return Unregister(shared, *options); }; });
}

}  // namespace ingot::cli
