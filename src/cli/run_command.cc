#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "run/automatic.h"
#include "run/engine.h"
#include "run/fan_out.h"
#include "run/follow.h"
#include "run/meters.h"

namespace ingot::cli {
namespace {

std::atomic<bool> stop_asked{false};

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
  std::string from, to;
  bool trust_clock = false;
};

void PrintJson(const run::RunReport& report) {
  const std::string fresh =
      report.freshness.Empty()
          ? ""
          : fmt::format(R"("freshness_p50":{:.2f},"freshness_p99":{:.2f},"records_behind":{})",
                        report.freshness.Quantile(0.5), report.freshness.Quantile(0.99), report.records_behind);
  for (const auto& stage : report.stages)
    fmt::print("{}\n", stage.ToJson(stage.stage == stage::Stage::kGold ? fresh : ""));
}

void PrintText(const run::RunReport& report) {
  const auto width = [](const stage::ReportCount& field) { return field.bytes ? 9 : 12; };
  fmt::print("{:<7}", "stage");
  for (const stage::ReportCount& field : stage::kReportCounts) fmt::print(" {:>{}}", field.title, width(field));
  fmt::print(" {:>8} {:>9}\n", "seconds", "rows/s");
  double seconds = 0;
  for (const auto& stage : report.stages) {
    fmt::print("{:<7}", stage::StageName(stage.stage));
    for (const stage::ReportCount& field : stage::kReportCounts) {
      const int64_t count = stage.*field.count;
      fmt::print(" {:>{}}", field.bytes ? HumanBytes(double(count)) : std::to_string(count), width(field));
    }
    const double rate = stage.Seconds() > 0 ? double(stage.rows_in) / stage.Seconds() : 0;
    fmt::print(" {:>8.2f} {:>9}\n", stage.Seconds(), HumanCount(rate));
    seconds += stage.Seconds();
  }
  const bool nothing = std::ranges::all_of(report.stages, [](const auto& stage) { return stage.commits == 0; });
  if (nothing)
    fmt::print("Nothing new: all tables are up to date.\n");
  else
    fmt::print("Done in {:.2f} s.\n", seconds);
}

/// One line a run, for those who watch.
void PrintLine(const run::RunReport& report) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::string line = fmt::format("{:02}:{:02}:{:02}Z", utc.tm_hour, utc.tm_min, utc.tm_sec);
  double seconds = 0;
  for (const auto& stage : report.stages) {
    line += fmt::format("  {} {} in, {} out", stage::StageName(stage.stage), HumanCount(double(stage.rows_in)),
                        HumanCount(double(stage.rows_out)));
    if (stage.quarantined + stage.duplicates > 0)
      line += fmt::format(" ({} quarantined, {} duplicates)", stage.quarantined, stage.duplicates);
    if (stage.stage != stage::Stage::kBronze) seconds += stage.Seconds();  // bronze waits for records
  }
  line += fmt::format("  {:.2f} s", seconds);
  if (!report.freshness.Empty())
    line += fmt::format("  fresh within {:.2f} s (p50) {:.2f} s (p99)", report.freshness.Quantile(0.5),
                        report.freshness.Quantile(0.99));
  if (report.records_behind > 0) line += fmt::format("  {} behind", HumanCount(double(report.records_behind)));
  fmt::print("{}\n", line);
}

/// "500ms", "10s", "5m".
Result<std::chrono::microseconds> ParseInterval(const char* flag, const std::string& text) {
  INGOT_ASSIGN(const int64_t micros, WithContext(ParseDuration(text), flag));
  if (micros <= 0) return Fail(ErrorKind::kBadConfig, fmt::format("{}: must be longer than nothing", flag));
  return std::chrono::microseconds(micros);
}

void Tell(Shared& shared, const run::RunReport& report, bool follow) {
  static std::mutex one_at_a_time;
  std::lock_guard lock(one_at_a_time);
  const bool nothing = std::ranges::all_of(report.stages, [](const auto& stage) { return stage.commits == 0; });
  if (nothing && follow) return;
  if (shared.Json())
    PrintJson(report);
  else if (follow)
    PrintLine(report);
  else
    PrintText(report);
  std::fflush(stdout);
  for (const std::string& rule : report.broken_rules) fmt::print(stderr, "quality: {}\n", rule);
  if (!report.broken_rules.empty()) shared.exit_code = 3;
}

/// When a follower last did well, for those who ask whether it is ready.
class Pulse {
 public:
  explicit Pulse(std::chrono::microseconds every) : patience_(std::max(3 * every, kPatienceMin)) {}
  void Beat() {
    std::lock_guard lock(mutex_);
    good_at_ = NowMicros();
    error_.clear();
  }
  void Miss(const Error& error) {
    std::lock_guard lock(mutex_);
    error_ = ": " + error.message;
  }
  Status Ready() const {
    std::lock_guard lock(mutex_);
    const int64_t age = NowMicros() - good_at_;
    if (age <= patience_.count()) return {};
    return Fail(ErrorKind::kRetry, fmt::format("no good run for {} s{}", age / 1'000'000, error_));
  }

 private:
  static constexpr std::chrono::microseconds kPatienceMin{60'000'000};
  const std::chrono::microseconds patience_;
  mutable std::mutex mutex_;
  int64_t good_at_ = NowMicros();
  std::string error_;
};

/// Until SIGTERM or SIGINT, which let the batch that is being read be carried to gold.
Status Follow(Shared& shared, const run::OpenPlace& open, const run::RunOptions& run_options, const Options& options) {
  INGOT_ASSIGN(const auto every, ParseInterval("--every", options.every));
  INGOT_ASSIGN(const auto retry_for, ParseInterval("--retry-for", options.retry_for));
  INGOT_ASSIGN(const int64_t maintain_every, WithContext(ParseDuration(options.maintain_every), "--maintain-every"));
  INGOT_ASSIGN(run::Runner runner, run::Runner::Open(open.environment, options.stages, run_options));
  const run::AutomaticUpkeep upkeep(open.environment, {.trusted = options.trust_clock, .source = open.source},
                                    std::chrono::microseconds(maintain_every));
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { stop_asked = true; });
  Pulse pulse(every);
  std::unique_ptr<serve::Server> server;
  if (!options.listen.empty()) {
    INGOT_ASSIGN(server,
                 serve::Server::Start(options.listen, ServerPartsOf(open.environment, [&] { return pulse.Ready(); })));
  }
  return run::Follow(runner, {.every = every,
                              .retry_for = std::chrono::duration_cast<std::chrono::seconds>(retry_for),
                              .stop_asked = [] { return stop_asked.load(); },
                              .told =
                                  [&](const run::RunReport& report) {
                                    pulse.Beat();
                                    run::Meter(ProcessMetrics(), report);
                                    Tell(shared, report, true);
                                  },
                              .failed =
                                  [&](const Error& error) {
                                    pulse.Miss(error);
                                    run::MeterFailure(ProcessMetrics(), error);
                                  },
                              .each_second = [] { run::MeterOutages(ProcessMetrics()); }});
}

/// Errors: kBadInput that names the files which were not read: all else was carried on.
Status AllInputsRead(const run::RunReport& report) {
  constexpr size_t kNamedMax = 10;
  const auto& failed = report.failed_inputs;
  if (failed.empty()) return {};
  std::string message = fmt::format("{} of the inputs could not be read, all others were", failed.size());
  for (size_t i = 0; i < std::min(failed.size(), kNamedMax); ++i) message += "\n  " + failed[i];
  if (failed.size() > kNamedMax) message += fmt::format("\n  … and {} more", failed.size() - kNamedMax);
  return Fail(ErrorKind::kBadInput, message);
}

/// One run; its metrics are pushed even when it failed.
Status RunOnce(Shared& shared, const run::OpenPlace& open, const run::RunOptions& run_options, const Options& options) {
  const auto run = [&]() -> Result<run::RunReport> {
    if (options.engine.engine != stage::kEmbedded) {
      run::EngineOptions engine = options.engine;
      engine.source = open.source;
      engine.trust_clock = options.trust_clock;
      return run::RunOnEngine(shared.place, open.environment, options.stages, engine);
    }
    INGOT_ASSIGN(run::Runner runner, run::Runner::Open(open.environment, options.stages, run_options));
    return runner.Run({});
  };
  const auto report = run();
  if (report) run::Meter(ProcessMetrics(), *report);
  const Status outcome = report ? AllInputsRead(*report) : Status(std::unexpected(report.error()));
  if (!outcome) run::MeterFailure(ProcessMetrics(), outcome.error());
  if (!options.push_metrics.empty()) {
    const Status pushed = run::PushMetrics(ProcessMetrics(), options.push_metrics, open.pipeline->name);
    if (!pushed) LogWarning("metrics were not pushed: " + pushed.error().message);
  }
  if (!report) return std::unexpected(report.error());
  Tell(shared, *report, false);
  return outcome;
}

/// A day as the days since 1970-01-01.
Result<int32_t> ParseDay(const char* flag, const std::string& text) {
  int year = 0, month = 0, day = 0, used = 0;
  const bool shaped = std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 &&
                      size_t(used) == text.size() && text.size() == 10 && month >= 1 && month <= 12 && day >= 1;
  const int64_t days = shaped ? DaysFromCivil(year, unsigned(month), unsigned(day)) : 0;
  if (shaped && CivilFromDays(days).day == unsigned(day)) return int32_t(days);
  return Fail(ErrorKind::kBadConfig, fmt::format("{}: not a day: '{}' (write 2024-07-19)", flag, text));
}

Result<std::optional<gold::DaySpan>> DaysToRecompute(const Options& options) {
  if (options.from.empty() && options.to.empty()) return std::optional<gold::DaySpan>();
  if (options.follow || options.engine.engine != stage::kEmbedded)
    return Fail(ErrorKind::kBadConfig, "--from and --to are for runs that end, on the embedded engine");
  if (std::ranges::find(options.stages, stage::Stage::kGold) == options.stages.end())
    return Fail(ErrorKind::kBadConfig, "--from and --to compute gold again: --stage must hold gold");
  gold::DaySpan days;
  if (!options.from.empty()) {
    INGOT_ASSIGN(days.from, ParseDay("--from", options.from));
    days.to = days.from;
  }
  if (!options.to.empty()) {
    INGOT_ASSIGN(days.to, ParseDay("--to", options.to));
    if (options.from.empty()) days.from = days.to;
  }
  if (days.to < days.from) return Fail(ErrorKind::kBadConfig, "--to: before --from");
  return days;
}

Result<run::RunOptions> RunOptionsFrom(const Options& options, const std::string& source) {
  run::RunOptions run{.bronze = {.source = source,
                                 .on_changed = options.on_changed,
                                 .follow = options.follow,
                                 .group = options.group,
                                 .on_reset = options.on_reset,
                                 .rows_per_commit = options.rows_per_commit},
                      .silver = {.rows_per_commit = options.rows_per_commit},
                      .gold = {.keep_groups = options.follow, .recompute_days = {}},
                      .trust_clock = options.trust_clock};
  INGOT_ASSIGN(run.gold.recompute_days, DaysToRecompute(options));
  INGOT_ASSIGN(run.bronze.bytes_per_commit, ParseBytes("--bytes-per-commit", options.bytes_per_commit));
  INGOT_ASSIGN(const int64_t idle_micros, WithContext(ParseDuration(options.idle), "--idle"));
  run.bronze.idle = std::chrono::microseconds(idle_micros);
  return run;
}

Status RunPlace(Shared& shared, const run::OpenPlace& open, const Options& options) {
  run::DeclareMeters(ProcessMetrics(), open.environment);
  INGOT_ASSIGN(const run::RunOptions run_options, RunOptionsFrom(options, open.source));
  return options.follow ? Follow(shared, open, run_options, options) : RunOnce(shared, open, run_options, options);
}

Status Run(Shared& shared, const Options& options) {
  if (options.follow && options.engine.engine != stage::kEmbedded)
    return Fail(ErrorKind::kBadConfig,
                "--follow is for the embedded engine; deploy/spark/jobs have --stream and --every");
  shared.place.creates = true;
  INGOT_ASSIGN(const run::OpenPlace open, run::Open(shared.place));
  INGOT_TRY(RunOptionsFrom(options, open.source));
  if (!run::HoldsTopic(open)) return RunPlace(shared, open, options);
  if (!options.listen.empty())
    return Fail(ErrorKind::kBadConfig, "--listen: tables that are named after {topic} cannot be served by their runs");
  if (options.follow)
    return run::FollowTopics(open, stop_asked,
                             [&](const run::OpenPlace& place) { return RunPlace(shared, place, options); });
  INGOT_ASSIGN(const auto places, run::FanOut(open));
  for (const run::OpenPlace& place : places) INGOT_TRY(RunPlace(shared, place, options));
  return {};
}

}  // namespace

void AddRun(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("run", "Carry new records through the stages");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  AddStages(*command, options->stages, "Stages to run");
  command->add_option("--from", options->from,
                      "Compute gold again from this day (UTC), e.g. 2024-07-19: after corrections in silver");
  command->add_option("--to", options->to, "… up to and including this day; alone, or --from alone: that day");
  command->add_option("--engine", options->engine.engine, "What computes the stages: embedded, spark, trino")
      ->check(CLI::IsMember({"embedded", "spark", "trino"}))
      ->capture_default_str();
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
  command->add_flag("--follow", options->follow, "Go on with new records until stopped by SIGTERM");
  command->add_option("--every", options->every, "How often, with --follow: 500ms, 10s, 5m")->capture_default_str();
  command
      ->add_option("--retry-for", options->retry_for, "How long servers may be away, with --follow, before it gives up")
      ->capture_default_str();
  command
      ->add_option("--maintain-every", options->maintain_every,
                   "How often tables are maintained, with --follow: 1m, 10m; 0s: never")
      ->capture_default_str();
  command->add_option("--group", options->group,
                      "Kafka consumer group that shares the partitions, with --follow; default: ingot-<pipeline>");
  command
      ->add_option("--on-reset", options->on_reset,
                   "When records after the table's offset are gone or the topic was made anew: fail, earliest, latest")
      ->check(CLI::IsMember({"fail", "earliest", "latest"}))
      ->capture_default_str();
  command
      ->add_option("--on-changed", options->on_changed,
                   "What happens to a file that was replaced after it was read: fail, reread, skip; default: the "
                   "pipeline file's on_changed")
      ->check(CLI::IsMember({"fail", "reread", "skip"}));
  command
      ->add_option("--idle", options->idle,
                   "With --follow: a file that was not written to for so long is complete, its last line too")
      ->capture_default_str();
  command
      ->add_option("--listen", options->listen,
                   "host:port to serve /metrics, /health, /ready and a page on, with --follow [INGOT_LISTEN]")
      ->envname("INGOT_LISTEN");
  command
      ->add_option("--push-metrics", options->push_metrics,
                   "URL of a Prometheus Pushgateway to tell the run's metrics, without --follow [INGOT_PUSHGATEWAY]")
      ->envname("INGOT_PUSHGATEWAY");
  command
      ->add_flag("--trust-clock", options->trust_clock,
                 "This machine's clock is right, whatever the newest snapshots say [INGOT_TRUST_CLOCK]")
      ->envname("INGOT_TRUST_CLOCK");
  command->footer(
      "Examples:\n  ingot run --source landing\n  ingot run --stage silver,gold --warehouse /data/warehouse\n  ingot "
      "run "
      "--source kafka://localhost:9092/speedtest_raw --follow --every 10s --listen 127.0.0.1:8080");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Run(shared, *options); }; });
}

}  // namespace ingot::cli
