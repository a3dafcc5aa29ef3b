#include <fmt/format.h>

#include "base/json_text.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "run/examine.h"

namespace ingot::cli {
namespace {

using maintain::Health;

struct Options {
  std::vector<std::string> tables;
  bool repair = false;
  bool scrub = false;
};

const char* HealthName(Health health) {
  return health == Health::kGood ? "ok" : health == Health::kBad ? "FAIL" : "could be better";
}

void Print(const Shared& shared, const std::string& table, const maintain::Finding& finding) {
  if (shared.Json())
    fmt::print("{{\"table\":{},\"check\":{},\"health\":{},\"detail\":{}}}\n", JsonQuote(table),
               JsonQuote(finding.check),
               JsonQuote(finding.health == Health::kGood  ? "good"
                         : finding.health == Health::kBad ? "bad"
                                                          : "could-be-better"),
               JsonQuote(finding.detail));
  else
    fmt::print("{:<30} {:<14} {:<15}  {}\n", table, finding.check, HealthName(finding.health), finding.detail);
}

void PrintScrubbed(const Shared& shared, const std::string& table, const maintain::Scrubbed& scrubbed) {
  const size_t damaged = scrubbed.damaged.size();
  if (shared.Json())
    fmt::print("{{\"table\":{},\"check\":\"scrub\",\"health\":\"{}\",\"files\":{},\"bytes\":{},\"damaged\":{}}}\n",
               JsonQuote(table), damaged == 0 ? "good" : "bad", scrubbed.files, scrubbed.bytes, damaged);
  else
    Print(
        shared, table,
        {"scrub", damaged == 0 ? Health::kGood : Health::kBad,
         fmt::format("{} files ({}) were read, {} are damaged{}", scrubbed.files, HumanBytes(double(scrubbed.bytes)),
                     damaged, damaged == 0 ? "" : ": restore them from a copy, or roll back (ingot table rollback)")});
}

Status Doctor(Shared& shared, const Options& options) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::OpenTables(shared.open_options));
  const run::ExamineOptions examine{
      .tables = options.tables,
      .repair = options.repair,
      .scrub = options.scrub,
      .found = [&](const std::string& table, const maintain::Finding& finding) { Print(shared, table, finding); },
      .scrubbed = [&](const std::string& table,
                      const maintain::Scrubbed& scrubbed) { PrintScrubbed(shared, table, scrubbed); }};
  INGOT_ASSIGN(const bool good, run::ExamineTables(open, examine));
  if (!good) shared.exit_code = 1;
  return {};
}

}  // namespace

void AddDoctor(CLI::App& app, Shared& shared) {
  auto options = std::make_shared<Options>();
  auto* doctor =
      app.add_subcommand("doctor", "Examine tables: files, offsets, statistics, manifests; account for every row");
  AddShared(*doctor, shared);
  doctor->add_option("tables", options->tables, "namespace.table …; default: all of the pipeline");
  doctor->add_flag("--repair", options->repair,
                   "Remove duplicate references to a file, and references to missing files, from the table");
  doctor->add_flag("--scrub", options->scrub,
                   "Read every byte of every live file and verify the checksums; names the damaged files");
  doctor->footer(
      "Exit code 1 when something is wrong.\n\nExamples:\n  ingot doctor\n  ingot doctor bronze.speedtest_raw "
      "--repair\n  ingot doctor --scrub");
  doctor->callback([&shared, options] { shared.command = [&shared, options] { return Doctor(shared, *options); }; });
}

}  // namespace ingot::cli
