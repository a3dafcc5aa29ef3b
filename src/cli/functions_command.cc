#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/function_list.h"

namespace ingot::cli {

void AddFunctions(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("functions", "List the functions of expressions, with an example of each");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object a line, with the SQL of each engine, instead of Markdown");
  command->footer("Example:\n  ingot functions --json");
  command->callback([&shared, json] {
    shared.command = [json]() -> Status {
      INGOT_ASSIGN(const std::string lines, pipeline::FunctionsJson());
      fmt::print("{}", *json ? lines : pipeline::FunctionsPage());
      return {};
    };
  });
}

}  // namespace ingot::cli
