#include "run/run.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/progress.h"
#include "base/random.h"
#include "bronze/bronze.h"
#include "gold/gold.h"
#include "run/ledger.h"
#include "silver/silver.h"

namespace ingot::run {
namespace {

using pipeline::StageContext;
using pipeline::StageReport;

Result<StageReport> RunStage(const StageContext& context, const std::string& stage, int64_t rows_expected) {
  Progress progress(stage, rows_expected, "records");
  const auto tell = [&](int64_t records) { progress.Add(records); };
  if (stage == "bronze") return bronze::RunBronze(context, tell);
  if (stage == "silver") return silver::RunSilver(context, tell);
  return gold::RunGold(context, tell);
}

std::vector<std::string> BrokenRules(const pipeline::Pipeline& pipeline, const StageReport& report) {
  std::vector<std::string> broken;
  for (const pipeline::Rule& rule : pipeline.rules) {
    const auto found = report.broken_by_rule.find(rule.name);
    if (!rule.fail_above || found == report.broken_by_rule.end() || report.rows_in == 0) continue;
    const double share = double(found->second) / double(report.rows_in);
    if (share > *rule.fail_above)
      broken.push_back(fmt::format("rule {}: {} of {} rows ({:.1f} %) are broken, more than the {:.1f} % allowed",
                                   rule.name, found->second, report.rows_in, share * 100, *rule.fail_above * 100));
  }
  return broken;
}

}  // namespace

Result<RunReport> RunPipeline(StageContext context, const RunOptions& options) {
  RunReport report;
  context.run_id = RandomUuid();
  if (context.temp_folder.empty())
    context.temp_folder = (std::filesystem::temp_directory_path() / ("ingot-" + context.run_id)).string();
  Status outcome;
  int64_t rows = 0;
  for (const std::string& stage : options.stages) {
    auto done = RunStage(context, stage, rows);
    if (!done) {
      outcome = std::unexpected(std::move(done).error().Context("stage " + stage));
      break;
    }
    rows = done->rows_out;
    if (stage == "silver") report.broken_rules = BrokenRules(*context.pipeline, *done);
    report.stages.push_back(std::move(*done));
  }
  std::error_code ignored;
  std::filesystem::remove_all(context.temp_folder, ignored);
  // What the stages committed belongs into the ledger even when a later one failed.
  const Status ledger = WriteLedger(context);
  INGOT_TRY(outcome);
  INGOT_TRY(ledger);
  return report;
}

}  // namespace ingot::run
