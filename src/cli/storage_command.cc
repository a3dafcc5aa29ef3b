#include <fmt/format.h>

#include "base/json_text.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "maintain/costs.h"
#include "run/maintenance.h"

namespace ingot::cli {
namespace {

struct Options {
  std::vector<std::string> tables;
};

Status Storage(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::OpenTables(shared.open_options));
  INGOT_ASSIGN(const auto tables, run::RequestedOrExistingTables(open, options.tables, "measure"));
  if (!shared.Json())
    fmt::print("{:<30} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>11} {:>11}\n", "table", "files", "bytes", "current",
               "history", "metadata", "unneeded", "per day", "small files");
  for (const std::string& name : tables) {
    INGOT_ASSIGN(const auto home, open.environment.Home(name));
    INGOT_ASSIGN(const maintain::Costs costs, WithContext(maintain::CostsOf(home), "storage of " + name));
    if (shared.Json())
      fmt::print(
          R"({{"table":{},"files":{},"bytes":{},"current_files":{},"current_bytes":{},"history_bytes":{},"metadata_bytes":{},"unneeded_bytes":{},"bytes_per_day":{:.0f},"small_files":{}}})"
          "\n",
          JsonQuote(home.name.Text()), costs.files, costs.bytes, costs.current_files, costs.current_bytes,
          costs.history_bytes, costs.metadata_bytes, costs.unneeded_bytes, costs.bytes_per_day, costs.small_files);
    else
      fmt::print("{:<30} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>11} {:>11}\n", home.name.Text(), costs.files,
                 HumanBytes(double(costs.bytes)), HumanBytes(double(costs.current_bytes)),
                 HumanBytes(double(costs.history_bytes)), HumanBytes(double(costs.metadata_bytes)),
                 HumanBytes(double(costs.unneeded_bytes)), HumanBytes(costs.bytes_per_day), costs.small_files);
  }
  return {};
}

}  // namespace

void AddStorage(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("storage", "What tables cost in storage, and what maintenance would save");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("tables", options->tables, "namespace.table …; default: all of the pipeline");
  command->footer(
      "ingot maintain --expire removes history, --orphans removes files that no snapshot needs.\n\nExample:\n  ingot "
      "storage");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Storage(shared, *options); }; });
}

}  // namespace ingot::cli
