#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/day_options.h"
#include "run/apply.h"

namespace ingot::cli {
namespace {

struct Options {
  bool rebuild = false;
  bool forward_only = false;
  bool drop_columns = false;
  bool yes = false;
  DayOptions days;
};

/// Asks on a terminal. Without one the flags are the decision.
Status Confirm(const run::PipelinePlan& plan, const Options& options) {
  if (options.yes || isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) return {};
  for (const run::TablePlan& table : plan.tables)
    if (table.need != run::Need::kNothing && table.need != run::Need::kCreate)
      for (const std::string& line : LinesOf(table)) fmt::print(stderr, "{}\n", line);
  fmt::print(stderr, "Apply this? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "yes") return {};
  return Fail(ErrorKind::kCancelled, "nothing was changed");
}

Status Apply(Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto days, DaysFrom(options.days));
  INGOT_ASSIGN(const run::OpenedPipeline open, run::Open(shared.open_options));
  INGOT_ASSIGN(const run::PipelinePlan plan, run::MakePlan(open.environment));
  INGOT_TRY(Confirm(plan, options));
  const run::ApplyOptions apply{.existing = options.rebuild        ? run::Existing::kRebuild
                                            : options.forward_only ? run::Existing::kForwardOnly
                                                                   : run::Existing::kUndecided,
                                .days = days,
                                .drop_columns = options.drop_columns};
  bool changed = false;
  INGOT_TRY(run::ApplyPlan(open.environment, apply, [&](const std::string& line) {
    changed = true;
    fmt::print("{}\n", line);
  }));
  if (!changed) fmt::print("The tables are what the pipeline file says.\n");
  return {};
}

}  // namespace

void AddApply(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("apply", "Bring the tables to the pipeline file, as `ingot plan` shows it");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  auto* rebuild = command->add_flag("--rebuild", options->rebuild, "Recompute existing rows that would differ");
  command
      ->add_flag("--forward-only", options->forward_only,
                 "Leave existing rows as they are; the file holds for new rows from now on")
      ->excludes(rebuild);
  command
      ->add_option("--from", options->days.from,
                   "With --rebuild: only rows from this day (UTC), e.g. 2024-07-19; other rows stay as they are")
      ->needs(rebuild);
  command->add_option("--to", options->days.to, "… up to and including this day; alone, or --from alone: that day")
      ->needs(rebuild);
  command->add_flag("--drop-columns", options->drop_columns, "Also drop columns that the pipeline file does not have");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(
      "Atomic per table: readers see the old rows or the new ones. An interrupted apply continues when it is called\n"
      "again.\n\nExamples:\n  ingot apply --rebuild\n  ingot apply --rebuild --from 2024-07-19 --to 2024-07-21\n  "
      "ingot apply "
      "--forward-only --yes");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Apply(shared, *options); }; });
}

}  // namespace ingot::cli
