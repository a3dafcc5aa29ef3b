#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "bronze/bronze.h"
#include "cli/commands.h"
#include "run/check.h"
#include "run/fan_out.h"
#include "source/source.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string trino;  // URL of the coordinator; empty: not checked
  std::string late = "1h";
};

/// Prints one finding. Returns true when it is good.
bool Report(const Shared& shared, const std::string& what, const Status& outcome, const std::string& good) {
  if (shared.Json())
    fmt::print("{{\"check\":{},\"ok\":{},\"detail\":{}}}\n", JsonQuote(what), outcome.has_value(),
               JsonQuote(outcome ? good : outcome.error().message));
  else
    fmt::print("{:<24} {}  {}\n", what, outcome ? "ok  " : "FAIL", outcome ? good : outcome.error().message);
  return outcome.has_value();
}

template <typename T>
Status Drop(const Result<T>& result) {
  return result ? Status() : std::unexpected(result.error());
}

bool Report(const Shared& shared, const run::Checked& checked) {
  return Report(shared, checked.what, Drop(checked.detail), checked.detail.value_or(""));
}

/// Runs the checks that need all servers to answer.
Result<bool> CheckData(Shared& shared, const Options& options) {
  INGOT_ASSIGN(const int64_t late, WithContext(ParseDuration(options.late), "--late"));
  std::vector<run::OpenedPipeline> pipelines;
  INGOT_ASSIGN(pipelines.emplace_back(), run::Open(shared.open_options));
  if (run::HoldsTopic(pipelines[0])) {
    INGOT_ASSIGN(pipelines, run::FanOut(pipelines[0]));
  }
  bool good = true, held = false;
  for (const run::OpenedPipeline& pipeline : pipelines) {
    const run::Checked plan = run::ExaminePlan(pipeline);
    if (!plan.detail && plan.detail.error().kind == ErrorKind::kPendingChange) shared.exit_code = 4;
    good &= Report(shared, plan);
  }
  for (const run::OpenedPipeline& pipeline : pipelines)
    for (const run::Checked& checked : run::ExamineData(pipeline, late)) {
      held |= checked.held;
      good &= Report(shared, checked) || checked.held;
    }
  for (const run::OpenedPipeline& pipeline : pipelines)
    if (!options.trino.empty()) good &= Report(shared, run::ExamineTrino(pipeline, options.trino));
  if (good && held && shared.exit_code == 0) shared.exit_code = 3;
  return good;
}

Status Check(Shared& shared, const Options& options) {
  const auto pipeline = pipeline::LoadPipeline(shared.open_options.pipeline_file, shared.open_options.source);
  bool good = Report(shared, "pipeline", Drop(pipeline), shared.open_options.pipeline_file);
  if (pipeline) {
    const std::string uri = run::SourceUri(shared.open_options, *pipeline);
    good &= Report(shared, "source", Drop(source::OpenSource(uri, bronze::SourceOptionsOf(*pipeline))), uri);
  }
  good &= Report(shared, run::ExamineStorage(shared.open_options.warehouse));
  good &= Report(shared, run::ExamineCatalog(shared.open_options));
  if (good) {
    INGOT_ASSIGN(good, CheckData(shared, options));
  }
  if (!good && shared.exit_code == 0) shared.exit_code = 1;
  return {};
}

}  // namespace

void AddCheck(CLI::App& app, Shared& shared) {
  auto* command =
      app.add_subcommand("check", "Check the configuration, the servers, and whether the tables are up to date");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command
      ->add_option("--trino", options->trino,
                   "Trino's coordinator, to check that it shows the gold tables [INGOT_TRINO]")
      ->envname("INGOT_TRINO");
  command->add_option("--late", options->late, "Data that waits for longer fails the check")->capture_default_str();
  command->footer("Examples:\n  ingot check --source landing\n  ingot check --trino http://localhost:8083 --late 10m");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Check(shared, *options); }; });
}

}  // namespace ingot::cli
