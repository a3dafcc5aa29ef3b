#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "base/json_text.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "run/run.h"

namespace ingot::cli {
namespace {

std::atomic<bool> stop_asked{false};

struct Options {
  std::vector<std::string> stages{"bronze", "silver", "gold"};
  bool follow = false;
  std::string every = "10s";
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

/// "500ms", "10s", "5m".
Result<std::chrono::milliseconds> ParseInterval(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit = text.substr(size_t(end - text.data()));
  const int64_t factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : 0;
  if (error != std::errc() || factor == 0 || number <= 0)
    return Fail(ErrorKind::kBadConfig, "--every: not an interval: '" + text + "' (write 500ms, 10s or 5m)");
  return std::chrono::milliseconds(number * factor);
}

Status RunOnce(Shared& shared, const pipeline::StageContext& context, const Options& options) {
  INGOT_ASSIGN(const run::RunReport report, run::RunPipeline(context, {.stages = options.stages}));
  const bool nothing = std::ranges::all_of(report.stages, [](const auto& stage) { return stage.commits == 0; });
  if (nothing && options.follow) return {};
  if (shared.Json())
    PrintJson(report);
  else
    PrintText(report);
  std::fflush(stdout);
  for (const std::string& rule : report.broken_rules) fmt::print(stderr, "quality: {}\n", rule);
  if (!report.broken_rules.empty()) shared.exit_code = 3;
  return {};
}

/// Runs again and again until SIGTERM or SIGINT, which let the run that is going on finish.
Status Follow(Shared& shared, const pipeline::StageContext& context, const Options& options) {
  INGOT_ASSIGN(const auto interval, ParseInterval(options.every));
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { stop_asked = true; });
  while (!stop_asked) {
    const auto next = std::chrono::steady_clock::now() + interval;
    INGOT_TRY(RunOnce(shared, context, options));
    while (!stop_asked && std::chrono::steady_clock::now() < next)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

Status Run(Shared& shared, const Options& options) {
  INGOT_ASSIGN(run::OpenPlace open, run::Open(shared.place));
  open.context.rows_per_commit = options.rows_per_commit;
  return options.follow ? Follow(shared, open.context, options) : RunOnce(shared, open.context, options);
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
  command->add_flag("--follow", options->follow, "Go on with new records until stopped by SIGTERM");
  command->add_option("--every", options->every, "How often, with --follow: 500ms, 10s, 5m")->capture_default_str();
  command->footer(
      "Examples:\n  ingot run --source landing\n  ingot run --stage silver,gold --warehouse /data/warehouse");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Run(shared, *options); }; });
}

}  // namespace ingot::cli
