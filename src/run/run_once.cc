#include "run/run_once.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "run/apply.h"
#include "run/run_metrics.h"

namespace ingot::run {
namespace {

Result<RunReport> RunStages(const OpenOptions& open_options, const OpenedPipeline& open,
                            const RunOnceOptions& options) {
  INGOT_TRY(ApplyWithoutChoice(open.environment, options.stages));
  if (options.engine.engine != pipeline::Dialect::kEmbedded)
    return RunOnEngine(open_options, open.environment, options.stages, options.engine);
  INGOT_ASSIGN(Runner runner, Runner::Open(open.environment, options.stages, options.run));
  return runner.Run({});
}

}  // namespace

Status CheckComplete(const RunReport& report) {
  if (!report.pending_changes.empty())
    return Fail(ErrorKind::kPendingChange, fmt::format("{}", fmt::join(report.pending_changes, "\n  ")));
  constexpr size_t kListedMax = 10;
  const auto& failed = report.failed_inputs;
  if (failed.empty()) return {};
  std::string message = fmt::format("{} of the inputs could not be read, all others were", failed.size());
  for (size_t i = 0; i < std::min(failed.size(), kListedMax); ++i) message += "\n  " + failed[i];
  if (failed.size() > kListedMax) message += fmt::format("\n  … and {} more", failed.size() - kListedMax);
  return Fail(ErrorKind::kBadInput, message);
}

Result<RunReport> RunOnce(const OpenOptions& open_options, const OpenedPipeline& open, const RunOnceOptions& options) {
  auto report = RunStages(open_options, open, options);
  if (report) CountRun(ProcessMetrics(), *report);
  const Status outcome = report ? CheckComplete(*report) : Status(std::unexpected(report.error()));
  if (!outcome) CountFailure(ProcessMetrics(), outcome.error());
  if (!options.push_metrics.empty()) {
    const Status pushed = PushMetrics(ProcessMetrics(), options.push_metrics, open.pipeline->name);
    if (!pushed) LogWarning("metrics were not pushed: " + pushed.error().message);
  }
  return report;
}

}  // namespace ingot::run
