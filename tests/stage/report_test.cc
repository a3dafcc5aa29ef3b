#include "stage/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "stage/marks.h"

namespace ingot::stage {
namespace {

/// A report with a different number in each count.
StageReport Filled() {
  StageReport report{.stage = Stage::kSilver,
                     .table = "s.t",
                     .run_id = "r",
                     .engine = "spark",
                     .commits = 1,
                     .started_at_micros = 1,
                     .finished_at_micros = 2'000'001,
                     .broken_by_rule = {{"it's \"odd\"", 2}}};
  int64_t next = 10;
  for (const ReportCount& field : kReportCounts) report.*field.count = next++;
  return report;
}

void ExpectSame(const StageReport& a, const StageReport& b) {
  EXPECT_EQ(a.stage, b.stage);
  EXPECT_EQ(a.table, b.table);
  EXPECT_EQ(a.run_id, b.run_id);
  EXPECT_EQ(a.engine, b.engine);
  EXPECT_EQ(a.commits, b.commits);
  EXPECT_EQ(a.Seconds(), b.Seconds());
  EXPECT_EQ(a.broken_by_rule, b.broken_by_rule);
  for (const ReportCount& field : kReportCounts) EXPECT_EQ(a.*field.count, b.*field.count) << field.name;
}

// Goal:   a report loses nothing when it is written.
// Method: a summary and JSON, written and read.
TEST(Report, ThereAndBack) {
  const StageReport report = Filled();
  ExpectSame(report, *ReportOf({.summary = report.ToSummary()}, "s.t"));
  ExpectSame(report, *ReportFromJson(report.ToJson(), pipeline::Dialect::kSpark));
  EXPECT_EQ(nlohmann::json::parse(report.ToJson("\"more\":[1]"))["more"][0], 1);
}

// Goal:   counts are summed, and a run lasts from its first start to its last end.
// Method: two commits of a run.
TEST(Report, CommitsOfARun) {
  StageReport total = Filled();
  StageReport later = Filled();
  later.finished_at_micros = 5'000'001;
  total.Add(later);
  for (const ReportCount& field : kReportCounts) EXPECT_EQ(total.*field.count, 2 * (later.*field.count)) << field.name;
  EXPECT_EQ(total.commits, 2);
  EXPECT_EQ(total.Seconds(), 5);
  EXPECT_EQ(total.broken_by_rule.begin()->second, 4);
}

// Goal:   counts of nulls survive a summary, fields without nulls take no room in it, and none is not the same as zero.
// Method: a summary is read; two reports are added; too many fields.
TEST(Report, Nulls) {
  StageReport report = Filled();
  EXPECT_FALSE(ReportOf({.summary = report.ToSummary()}, "s.t")->nulls);
  report.nulls = {{"a \"b\"", 3}, {"c", 0}};
  report.Add(StageReport(report));
  const auto summary = report.ToSummary();
  EXPECT_EQ(summary.at("ingot.nulls"), R"({"a \"b\"":6})");
  EXPECT_EQ(ReportOf({.summary = summary}, "s.t")->nulls, (std::map<std::string, int64_t>{{"a \"b\"", 6}}));
  for (int i = 0; i < 1000; ++i) (*report.nulls)["field_" + std::to_string(i)] = 1;
  EXPECT_FALSE(report.ToSummary().contains("ingot.nulls"));
}

// Goal:   warnings are in the JSON of a stage, and samples do not grow without a limit.
// Method: two reports are added.
TEST(Report, WarningsAndSamples) {
  StageReport report = Filled();
  report.warnings = {{.kind = WarningKind::kNullShare, .field = "a", .message = "m"}};
  report.sample.records.assign(kSampledMax - 1, "{}");
  StageReport total = report;
  total.Add(report);
  EXPECT_EQ(total.sample.records.size(), kSampledMax);
  const auto json = nlohmann::json::parse(total.ToJson());
  ASSERT_EQ(json["warnings"].size(), 2u);
  EXPECT_EQ(json["warnings"][1]["code"], "null_share");
}

// Goal:   data that no stage wrote is not a report.
// Method: summaries of other engines, and lines of other output.
TEST(Report, SnapshotsWithoutAReport) {
  for (const iceberg::Properties& summary :
       {iceberg::Properties{}, {{kStageKey, "silver"}}, {{kRunIdKey, "r"}}, {{kStageKey, "ops"}, {kRunIdKey, "r"}}})
    EXPECT_FALSE(ReportOf({.summary = summary}, "t"));
  for (const char* line :
       {"", "WARN something", "[1]", "{}", R"({"stage":1})", R"({"stage":"ops"})", R"({"stage":"silver")"})
    EXPECT_FALSE(ReportFromJson(line, pipeline::Dialect::kSpark)) << line;
  const auto few = ReportFromJson(R"({"stage":"gold","broken_by_rule":{"r":0}})", pipeline::Dialect::kSpark);
  EXPECT_EQ(few->rows_in, 0);
  EXPECT_TRUE(few->broken_by_rule.empty());
}

}  // namespace
}  // namespace ingot::stage
