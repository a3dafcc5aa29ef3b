#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands.h"
#include "run/replay.h"

namespace ingot::cli {
namespace {

struct Options {
  run::ReplayOptions replay;
  std::string from, to;
  bool json = false;
};

void PrintJson(const run::ReplayReport& report, bool dry_run) {
  const silver::Replayed& rows = report.rows;
  const nlohmann::ordered_json json{{"silver", report.silver},
                                    {"quarantine", report.quarantine},
                                    {"dry_run", dry_run},
                                    {"selected", rows.selected},
                                    {"moved", rows.moved},
                                    {"duplicates", rows.duplicates},
                                    {"remaining", rows.Remaining()},
                                    {"unidentified", rows.unidentified},
                                    {"finished", rows.finished},
                                    {"broken_by_rule", rows.broken_by_rule}};
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Status Replay(Shared& shared, Options& options) {
  if (!options.from.empty()) {
    INGOT_ASSIGN(const int32_t day, ParseDay("--from", options.from));
    options.replay.from_micros = day * kMicrosPerDay;
  }
  if (!options.to.empty()) {
    INGOT_ASSIGN(const int32_t day, ParseDay("--to", options.to));
    options.replay.to_micros = (day + int64_t(1)) * kMicrosPerDay;
  }
  if (options.replay.from_micros && options.replay.to_micros &&
      *options.replay.to_micros <= *options.replay.from_micros)
    return Fail(ErrorKind::kBadConfig, "--to: before --from");
  INGOT_ASSIGN(const run::OpenedPipeline open, run::Open(shared.open_options));
  INGOT_ASSIGN(const auto reports, run::Replay(open, options.replay));
  for (const run::ReplayReport& report : reports)
    if (options.json || shared.Json())
      PrintJson(report, options.replay.dry_run);
    else
      fmt::print("{}\n", ToText(report, options.replay.dry_run));
  return {};
}

}  // namespace

void AddReplay(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("replay", "Check quarantined rows by today's rules; move to silver what passes");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("--rule", options->replay.rules, "Only rows that broke this rule, or one of several; parse too");
  command->add_option("--run", options->replay.runs, "Only rows that this run quarantined (_run_id)");
  command->add_option("--where", options->replay.where,
                      "Only rows that meet this condition on the columns of quarantine, in the expressions of the "
                      "pipeline file");
  command->add_option("--from", options->from, "Only rows ingested on this day (UTC) or later, such as 2024-07-19");
  command->add_option("--to", options->to, "Only rows ingested on this day or earlier");
  command->add_flag("--dry-run", options->replay.dry_run, "Only count; change nothing");
  command->add_flag("--json", options->json, "Print one JSON object per silver table");
  command->footer(
      "Exactly once: a row that passes is in silver and leaves quarantine, also after an interruption (run the "
      "command\n"
      "again). If silver has its key already, it is a duplicate and leaves too. Exit code 0 although rows remain. "
      "Gold\n"
      "follows at the next run.\n\n"
      "Examples:\n  ingot replay --dry-run\n  ingot replay --rule plausible_latency --where \"latency <= 90000\"\n"
      "  ingot replay --rule parse --from 2026-01-01 --json");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Replay(shared, *options); }; });
}

}  // namespace ingot::cli
