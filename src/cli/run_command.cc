#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/json_text.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "run/run.h"

namespace ingot::cli {
namespace {

struct Options {
  std::vector<std::string> stages{"bronze", "silver", "gold"};
  int64_t rows_per_commit = 8'000'000;
};

void PrintJson(const run::RunReport& report) {
  for (const auto& stage : report.stages) {
    std::string rules;
    for (const auto& [rule, count] : stage.broken_by_rule)
      rules += fmt::format("{}{}:{}", rules.empty() ? "" : ",", JsonQuote(rule), count);
    fmt::print(
        R"({{"stage":{},"table":{},"run_id":{},"rows_in":{},"rows_out":{},"rows_quarantined":{},"rows_duplicate":{},"rows_error":{},"bytes_in":{},"bytes_out":{},"commits":{},"seconds":{:.3f},"broken_by_rule":{{{}}}}})"
        "\n",
        JsonQuote(stage.stage), JsonQuote(stage.table), JsonQuote(stage.run_id), stage.rows_in, stage.rows_out,
        stage.quarantined, stage.duplicates, stage.errors, stage.bytes_in, stage.bytes_out, stage.commits,
        stage.Seconds(), rules);
  }
}

void PrintText(const run::RunReport& report) {
  fmt::print("{:<7} {:>12} {:>12} {:>12} {:>11} {:>8} {:>9} {:>9} {:>8} {:>9}\n", "stage", "rows in", "rows out",
             "quarantined", "duplicates", "errors", "read", "written", "seconds", "rows/s");
  double seconds = 0;
  for (const auto& stage : report.stages) {
    const double rate = stage.Seconds() > 0 ? double(stage.rows_in) / stage.Seconds() : 0;
    fmt::print("{:<7} {:>12} {:>12} {:>12} {:>11} {:>8} {:>9} {:>9} {:>8.2f} {:>9}\n", stage.stage, stage.rows_in,
               stage.rows_out, stage.quarantined, stage.duplicates, stage.errors, HumanBytes(double(stage.bytes_in)),
               HumanBytes(double(stage.bytes_out)), stage.Seconds(), HumanCount(rate));
    seconds += stage.Seconds();
  }
  const bool nothing = std::ranges::all_of(report.stages, [](const auto& stage) { return stage.commits == 0; });
  if (nothing)
    fmt::print("Nothing new: all tables are up to date.\n");
  else
    fmt::print("Done in {:.2f} s.\n", seconds);
}

Status Run(Shared& shared, const Options& options) {
  INGOT_ASSIGN(run::OpenPlace open, run::Open(shared.place));
  open.context.rows_per_commit = options.rows_per_commit;
  INGOT_ASSIGN(const run::RunReport report, run::RunPipeline(open.context, {.stages = options.stages}));
  if (shared.Json())
    PrintJson(report);
  else
    PrintText(report);
  for (const std::string& rule : report.broken_rules) fmt::print(stderr, "quality: {}\n", rule);
  if (!report.broken_rules.empty()) shared.exit_code = 3;
  return {};
}

}  // namespace

void AddRun(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("run", "Carry new records through the stages");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("--stage", options->stages, "Stages to run: bronze, silver, gold")
      ->delimiter(',')
      ->check(CLI::IsMember({"bronze", "silver", "gold"}))
      ->capture_default_str();
  command->add_option("--rows-per-commit", options->rows_per_commit, "Rows of one commit")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->footer(
      "Examples:\n  ingot run --source landing\n  ingot run --stage silver,gold --warehouse /data/warehouse");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Run(shared, *options); }; });
}

}  // namespace ingot::cli
