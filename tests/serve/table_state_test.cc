#include "serve/table_state.h"

#include <gtest/gtest.h>

namespace ingot::serve {
namespace {

// Goal:   the newest runs of all tables come first, up to the limit. Method: three runs of two tables.
TEST(TableState, Runs) {
  const auto run = [](const char* id, int64_t at) {
    return stage::StageReport{.stage = stage::Stage::kSilver, .table = "t", .run_id = id, .finished_at_micros = at};
  };
  const std::vector<TableState> states{{.table = "a", .runs = {run("two", 2), run("one", 1)}},
                                       {.table = "b", .runs = {run("three", 3)}}};
  const std::string json = RunsToJson(states, 2);
  EXPECT_LT(json.find("three"), json.find("two"));
  EXPECT_EQ(json.find("\"one\""), std::string::npos);
  EXPECT_EQ(RunsToJson({}, 2), "[]");
}

// Goal:   tables appear as JSON and as gauges, without totals that the summary lacks and without removed tables.
// Method: both.
TEST(TableState, Tables) {
  const TableState fresh{.table = "s.t", .rows = -1, .files = 2, .bytes = 9, .snapshots = 1, .last_commit_ms = 1'000};
  EXPECT_EQ(TablesToJson({fresh}),
            R"([{"table":"s.t","rows":-1,"files":2,"delete_files":0,"bytes":9,"snapshots":1,"last_commit":)"
            R"("1970-01-01T00:00:01.000000Z"}])");
  EXPECT_NE(TablesToJson({{.table = "x"}}).find(R"("last_commit":null)"), std::string::npos);
  Metrics metrics;
  MeasureTables(metrics, {{.table = "old"}});
  MeasureTables(metrics, {fresh});
  const std::string text = metrics.ToText(Metrics::Format::kPrometheusText);
  EXPECT_EQ(text.find("old"), std::string::npos);
  EXPECT_EQ(text.find("ingot_table_rows{"), std::string::npos);
  EXPECT_NE(text.find("ingot_table_files{table=\"s.t\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("ingot_table_last_commit_timestamp_seconds{table=\"s.t\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace ingot::serve
