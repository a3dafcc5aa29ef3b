#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/day_options.h"
#include "cli/run_report_text.h"
#include "run/apply.h"
#include "run/background_maintenance.h"
#include "run/change_record.h"
#include "run/engine.h"
#include "run/fan_out.h"
#include "run/follow.h"
#include "run/readiness.h"
#include "run/run_metrics.h"
#include "run/run_once.h"

namespace ingot::cli {
namespace {

std::atomic<bool> stop_requested{false};

struct Options {
  std::vector<stage::Stage> stages{std::begin(stage::kStages), std::end(stage::kStages)};
  bool follow = false;
  std::string every = "10s";
  std::string retry_for = "10m";
  std::string maintain_every = "1m";
  int64_t rows_per_commit = 8'000'000;
  std::string bytes_per_commit = "4GiB";
  std::string group;
  std::string on_reset = "fail";
  std::string on_changed;
  std::string idle = "30s";
  std::string listen;
  std::string push_metrics;
  run::EngineOptions engine;
  bool stages_named = false;
  DayOptions days;
  bool trust_clock = false;
  bool publish_anyway = false;
};

/// Parses "500ms", "10s", "5m".
Result<std::chrono::microseconds> ParseInterval(const char* flag, const std::string& text) {
  INGOT_ASSIGN(const int64_t micros, WithContext(ParseDuration(text), flag));
  if (micros <= 0) return Fail(ErrorKind::kBadConfig, fmt::format("{}: must be positive", flag));
  return std::chrono::microseconds(micros);
}

void Report(Shared& shared, const run::RunReport& report, bool follow) {
  static std::mutex one_at_a_time;
  std::lock_guard lock(one_at_a_time);
  const bool nothing = std::ranges::all_of(
      report.stages, [](const auto& stage) { return stage.commits == 0 && stage.warnings.empty(); });
  if (nothing && follow) return;
  if (shared.Json())
    PrintReportJson(report);
  else if (follow)
    PrintReportLine(report);
  else
    PrintReportTable(report);
  std::fflush(stdout);
  for (const std::string& limit : report.published_anyway) fmt::print(stderr, "published anyway: {}\n", limit);
  if (follow) return;  // it logs what is held back
  for (const stage::HeldRows& held : report.held) fmt::print(stderr, "quality: {}\n", HeldText(held));
  if (!report.held.empty()) shared.exit_code = 3;
}

/// Runs until SIGTERM or SIGINT. The current batch is still brought to gold.
Status Follow(Shared& shared, const run::OpenedPipeline& open, const run::RunOptions& run_options,
              const Options& options) {
  INGOT_ASSIGN(const auto every, ParseInterval("--every", options.every));
  INGOT_ASSIGN(const auto retry_for, ParseInterval("--retry-for", options.retry_for));
  INGOT_ASSIGN(const int64_t maintain_every, WithContext(ParseDuration(options.maintain_every), "--maintain-every"));
  INGOT_TRY(run::ApplyBeforeFollowing(open.environment, options.stages));
  INGOT_ASSIGN(run::Runner runner, run::Runner::Open(open.environment, options.stages, run_options));
  const run::BackgroundMaintenance maintenance(open.environment,
                                               {.trusted = options.trust_clock, .source = open.source},
                                               std::chrono::microseconds(maintain_every));
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { stop_requested = true; });
  run::Readiness readiness(every);
  std::unique_ptr<serve::Server> server;
  if (!options.listen.empty()) {
    INGOT_ASSIGN(server, serve::Server::Start(options.listen,
                                              ServerPartsOf(open.environment, [&] { return readiness.Check(); })));
  }
  bool holds = false;
  const Status outcome = run::Follow(runner, {.every = every,
                                              .retry_for = std::chrono::duration_cast<std::chrono::seconds>(retry_for),
                                              .stop_requested = [] { return stop_requested.load(); },
                                              .on_run =
                                                  [&](const run::RunReport& report) {
                                                    holds = !report.held.empty();
                                                    readiness.Succeeded(report.held);
                                                    run::CountRun(ProcessMetrics(), report);
                                                    Report(shared, report, true);
                                                  },
                                              .on_failure =
                                                  [&](const Error& error) {
                                                    readiness.Failed(error);
                                                    run::CountFailure(ProcessMetrics(), error);
                                                  },
                                              .each_second = [] { run::UpdateOutages(ProcessMetrics()); }});
  if (holds) shared.exit_code = 3;
  return outcome;
}

Status RunOnce(Shared& shared, const run::OpenedPipeline& open, const run::RunOptions& run_options,
               const Options& options) {
  run::RunOnceOptions once{
      .stages = options.stages, .run = run_options, .engine = options.engine, .push_metrics = options.push_metrics};
  once.engine.source = open.source;
  once.engine.trust_clock = options.trust_clock;
  INGOT_ASSIGN(const auto report, run::RunOnce(shared.open_options, open, once));
  Report(shared, report, false);
  return run::CheckComplete(report);
}

/// Sets which days are computed again. Silver only if it is named: a correction of silver must outlive `--from` alone.
Status SetDays(const Options& options, run::RunOptions& run) {
  INGOT_ASSIGN(const auto days, DaysFrom(options.days));
  if (!days) return {};
  if (options.follow || options.engine.engine != pipeline::Dialect::kEmbedded)
    return Fail(ErrorKind::kBadConfig, "--from and --to are for runs that end, on the embedded engine");
  const auto runs = [&](stage::Stage stage) {
    return std::ranges::find(options.stages, stage) != options.stages.end();
  };
  const bool silver = options.stages_named && runs(stage::Stage::kSilver);
  if (!silver && !runs(stage::Stage::kGold))
    return Fail(ErrorKind::kBadConfig, "--from and --to recompute silver and gold: --stage must include one of them");
  if (silver) run.silver_days = days;
  run.gold.recompute_days = days;
  run.gold.days_required = !silver;
  return {};
}

/// Without the source, which depends on the topic.
Result<run::RunOptions> RunOptionsFrom(const Options& options) {
  run::RunOptions run{.bronze = {.on_changed = options.on_changed,
                                 .follow = options.follow,
                                 .group = options.group,
                                 .on_reset = options.on_reset,
                                 .rows_per_commit = options.rows_per_commit},
                      .silver = {.rows_per_commit = options.rows_per_commit, .gates = {.follow = options.follow}},
                      .gold = {.keep_groups = options.follow},
                      .trust_clock = options.trust_clock};
  if (options.publish_anyway) run.silver.gates.publish_anyway = run::PublishedRecord;
  INGOT_TRY(SetDays(options, run));
  INGOT_ASSIGN(run.bronze.bytes_per_commit, ParseBytes("--bytes-per-commit", options.bytes_per_commit));
  INGOT_ASSIGN(const int64_t idle_micros, WithContext(ParseDuration(options.idle), "--idle"));
  run.bronze.idle = std::chrono::microseconds(idle_micros);
  return run;
}

Status CheckPublishAnyway(const Options& options) {
  if (!options.publish_anyway) return {};
  if (options.engine.engine != pipeline::Dialect::kEmbedded)
    return Fail(ErrorKind::kBadConfig,
                "--publish-anyway is for the embedded engine: run it with --stage silver --engine embedded");
  if (options.days.Given())
    return Fail(ErrorKind::kBadConfig, "--publish-anyway is for new rows: run it without --from and --to");
  if (options.follow)
    return Fail(ErrorKind::kBadConfig,
                "--publish-anyway is for one run that ends: run it beside the follower, with --stage silver,gold");
  if (std::ranges::find(options.stages, stage::Stage::kSilver) == options.stages.end())
    return Fail(ErrorKind::kBadConfig, "--publish-anyway publishes rows to silver: --stage must include silver");
  return {};
}

Status RunPipeline(Shared& shared, const run::OpenedPipeline& open, run::RunOptions run_options,
                   const Options& options) {
  run::DeclareRunMetrics(ProcessMetrics(), open.environment);
  run_options.bronze.source = open.source;
  return options.follow ? Follow(shared, open, run_options, options) : RunOnce(shared, open, run_options, options);
}

Status Run(Shared& shared, const Options& options) {
  if (options.follow && options.engine.engine != pipeline::Dialect::kEmbedded)
    return Fail(ErrorKind::kBadConfig,
                "--follow is for the embedded engine; deploy/spark/jobs have --stream and --every");
  INGOT_TRY(CheckPublishAnyway(options));
  shared.open_options.creates = true;
  INGOT_ASSIGN(const run::OpenedPipeline open, run::Open(shared.open_options));
  INGOT_ASSIGN(const run::RunOptions run_options, RunOptionsFrom(options));
  if (!run::HoldsTopic(open)) return RunPipeline(shared, open, run_options, options);
  if (!options.listen.empty())
    return Fail(ErrorKind::kBadConfig, "--listen: tables that are named after {topic} cannot be served by their runs");
  if (options.follow)
    return run::FollowTopics(open, stop_requested, [&](const run::OpenedPipeline& topic) {
      return RunPipeline(shared, topic, run_options, options);
    });
  INGOT_ASSIGN(const auto topics, run::FanOut(open));
  for (const run::OpenedPipeline& topic : topics) INGOT_TRY(RunPipeline(shared, topic, run_options, options));
  return {};
}

}  // namespace

void AddRun(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("run", "Process new records through the stages");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  AddStages(*command, options->stages, "Stages to run");
  command->add_option("--from", options->days.from,
                      "Recompute gold from this day (UTC), e.g. 2024-07-19: after corrections in silver; with --stage "
                      "silver,gold first silver from bronze");
  command->add_option("--to", options->days.to, "… up to and including this day; alone, or --from alone: that day");
  AddEngine(*command, options->engine.engine, "Engine that computes the stages");
  command
      ->add_option("--master", options->engine.spark_master, "Spark's master, with --engine spark [INGOT_SPARK_MASTER]")
      ->envname("INGOT_SPARK_MASTER")
      ->capture_default_str();
  command->add_option("--trino", options->engine.trino, "Trino's coordinator, with --engine trino [INGOT_TRINO]")
      ->envname("INGOT_TRINO")
      ->capture_default_str();
  command->add_option("--rows-per-commit", options->rows_per_commit, "Rows of one commit")
      ->check(AtLeast(1))
      ->capture_default_str();
  command->add_option("--bytes-per-commit", options->bytes_per_commit, "Bytes of records of one commit, e.g. 512MB")
      ->capture_default_str();
  command->add_flag("--follow", options->follow, "Continue with new records until stopped by SIGTERM");
  command->add_option("--every", options->every, "How often, with --follow: 500ms, 10s, 5m")->capture_default_str();
  command
      ->add_option("--retry-for", options->retry_for, "How long to retry while a server is unavailable, with --follow")
      ->capture_default_str();
  command
      ->add_option("--maintain-every", options->maintain_every,
                   "How often tables are maintained, with --follow: 1m, 10m; 0s: never")
      ->capture_default_str();
  command->add_option("--group", options->group,
                      "Kafka consumer group that shares the partitions, with --follow; default: ingot-<pipeline>");
  command
      ->add_option("--on-reset", options->on_reset,
                   "When Kafka deleted records before they were read, or the topic was recreated: fail, or resume at "
                   "earliest or latest")
      ->check(CLI::IsMember({"fail", "earliest", "latest"}))
      ->capture_default_str();
  command
      ->add_option("--on-changed", options->on_changed,
                   "What to do with a file that was replaced after it was read: fail, reread, skip; default: the "
                   "pipeline file's on_changed")
      ->check(CLI::IsMember({"fail", "reread", "skip"}));
  command
      ->add_option("--idle", options->idle,
                   "With --follow: a file that was not written to for this long is complete, including its last line")
      ->capture_default_str();
  command
      ->add_option("--listen", options->listen,
                   "host:port to serve /metrics, /health, /ready and a page on, with --follow [INGOT_LISTEN]")
      ->envname("INGOT_LISTEN");
  command
      ->add_option("--push-metrics", options->push_metrics,
                   "URL of a Prometheus Pushgateway for the run's metrics, without --follow [INGOT_PUSHGATEWAY]")
      ->envname("INGOT_PUSHGATEWAY");
  command->add_flag("--publish-anyway", options->publish_anyway,
                    "Publish to silver what quality gates hold back; ops.changes records it");
  command
      ->add_flag("--trust-clock", options->trust_clock,
                 "This machine's clock is right, whatever the newest snapshots say [INGOT_TRUST_CLOCK]")
      ->envname("INGOT_TRUST_CLOCK");
  command->footer(
      "Examples:\n  ingot run --source landing\n  ingot run --stage silver,gold --warehouse /data/warehouse\n  ingot "
      "run --stage silver,gold --from 2024-07-19 --to 2024-07-21\n  ingot run "
      "--source kafka://localhost:9092/speedtest_raw --follow --every 10s --listen 127.0.0.1:8080");
  command->callback([&shared, options, command] {
    options->stages_named = command->count("--stage") > 0;
    shared.command = [&shared, options] { return Run(shared, *options); };
  });
}

}  // namespace ingot::cli
