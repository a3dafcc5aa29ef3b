#include "cli/run_report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/progress.h"
#include "stage/report.h"

namespace ingot::cli {

void PrintReportJson(const run::RunReport& report) {
  const std::string fresh =
      report.freshness.Empty()
          ? ""
          : fmt::format(R"("freshness_p50":{:.2f},"freshness_p99":{:.2f},"records_behind":{})",
                        report.freshness.Quantile(0.5), report.freshness.Quantile(0.99), report.records_behind);
  for (const auto& stage : report.stages)
    fmt::print("{}\n", stage.ToJson(stage.stage == stage::Stage::kGold ? fresh : ""));
}

void PrintReportTable(const run::RunReport& report) {
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
  const size_t warnings = report.warnings.size();  // the log has them
  const std::string unusual = warnings == 0 ? "" : fmt::format(" {} warning{}.", warnings, warnings == 1 ? "" : "s");
  if (!report.held.empty())
    fmt::print("A quality gate holds rows back (exit code 3).{}\n", unusual);
  else if (nothing)
    fmt::print("Nothing new: all tables are up to date.{}\n", unusual);
  else
    fmt::print("Done in {:.2f} s.{}\n", seconds, unusual);
}

void PrintReportLine(const run::RunReport& report) {
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

}  // namespace ingot::cli
