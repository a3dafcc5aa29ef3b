#include "base/metrics.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   the text follows both formats. Method: each metric kind, labels that need escapes.
TEST(Metrics, Text) {
  Metrics metrics;
  metrics.Declare("rows", MetricKind::kCounter, "Rows \"in\".");
  metrics.Declare("lag", MetricKind::kGauge, "Lag.");
  metrics.Declare("silent", MetricKind::kGauge, "Never set.");
  metrics.Add("rows", {{"stage", "a\"b\\c\n"}}, 2);
  metrics.Add("rows", {{"stage", "a\"b\\c\n"}});
  metrics.Set("lag", {}, 1.5);
  EXPECT_EQ(metrics.ToText(Metrics::Format::kPrometheusText),
            "# HELP lag Lag.\n# TYPE lag gauge\nlag 1.5\n"
            "# HELP rows_total Rows \\\"in\\\".\n# TYPE rows_total counter\nrows_total{stage=\"a\\\"b\\\\c\\n\"} 3\n");
  EXPECT_EQ(metrics.ToText(Metrics::Format::kOpenMetrics),
            "# HELP lag Lag.\n# TYPE lag gauge\nlag 1.5\n"
            "# HELP rows Rows \\\"in\\\".\n# TYPE rows counter\nrows_total{stage=\"a\\\"b\\\\c\\n\"} 3\n# EOF\n");
}

// Goal:   buckets are cumulative and include their bound. Method: values below, on and above the bounds.
TEST(Metrics, Histograms) {
  Metrics metrics;
  metrics.Declare("seconds", MetricKind::kHistogram, "Time.");
  for (const double value : {0.001, 0.005, 0.006, 5000.0}) metrics.Observe("seconds", {{"t", "x"}}, value);
  const std::string text = metrics.ToText(Metrics::Format::kPrometheusText);
  EXPECT_NE(text.find("seconds_bucket{t=\"x\",le=\"0.005\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("seconds_bucket{t=\"x\",le=\"0.01\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("seconds_bucket{t=\"x\",le=\"1800\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("seconds_bucket{t=\"x\",le=\"+Inf\"} 4\n"), std::string::npos);
  EXPECT_NE(text.find("seconds_sum{t=\"x\"} 5000.012\n"), std::string::npos);
  EXPECT_NE(text.find("seconds_count{t=\"x\"} 4\n"), std::string::npos);
}

// Goal:   undeclared metrics are ignored; gauges can be cleared. Method: one of each.
TEST(Metrics, Undeclared) {
  Metrics metrics;
  metrics.Add("rows");
  metrics.Observe("rows", {}, 1);
  EXPECT_EQ(metrics.ToText(Metrics::Format::kPrometheusText), "");
  metrics.Declare("rows", MetricKind::kGauge, "Rows.");
  metrics.Set("rows", {{"table", "a"}}, 1);
  metrics.Clear("rows");
  EXPECT_EQ(metrics.ToText(Metrics::Format::kPrometheusText), "");
}

// Goal:   process metrics are plausible. Method: memory and start time are positive, CPU time never decreases.
TEST(Metrics, Process) {
  Metrics metrics;
  MeasureProcess(metrics);
  const std::string text = metrics.ToText(Metrics::Format::kOpenMetrics);
  for (const char* name : {"process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds ",
                           "process_threads ", "process_start_time_seconds "})
    EXPECT_NE(text.find(name), std::string::npos) << name;
  const size_t at = text.find("\nprocess_resident_memory_bytes ");
  EXPECT_GT(std::atof(text.c_str() + at + 31), 1e6);
}

}  // namespace
}  // namespace ingot
