#include "run/run_metrics.h"

#include <fmt/format.h>
#include <version.h>

#include <algorithm>

#include "base/clock.h"
#include "base/outage.h"
#include "base/url_encoding.h"
#include "http/http.h"
#include "pipeline/tables.h"

namespace ingot::run {
namespace {

constexpr struct {
  const char* name;
  MetricKind kind;
  const char* help;
} kMeters[] = {
    {"ingot_build_info", MetricKind::kGauge, "The version that runs; always 1."},
    {"ingot_runs", MetricKind::kCounter,
     "Runs through the stages, by outcome: done, held (by a quality gate), failed."},
    {"ingot_run_errors", MetricKind::kCounter, "Runs that failed, by kind of error."},
    {"ingot_last_run_timestamp_seconds", MetricKind::kGauge, "When a run ended well, seconds since the epoch."},
    {"ingot_stage_seconds", MetricKind::kHistogram, "Duration of a stage of a run; bronze waits for records."},
    {"ingot_gate_held", MetricKind::kGauge, "Whether the limit of a rule holds rows back from silver: 1 or 0."},
    {"ingot_held_rows", MetricKind::kGauge, "Rows that gates hold back from a silver table."},
    {"ingot_rule_broken_rows", MetricKind::kCounter, "Rows that broke a quality rule."},
    {"ingot_commits", MetricKind::kCounter, "Snapshots that a stage committed."},
    {"ingot_commit_seconds", MetricKind::kHistogram, "Duration of a commit with all its attempts."},
    {"ingot_commit_conflicts", MetricKind::kCounter, "Attempts that lost against another writer."},
    {"ingot_open_writers", MetricKind::kGauge, "Writers with files that are not committed yet."},
    {"ingot_lag_records", MetricKind::kGauge, "Records of the source that are not in bronze yet."},
    {"ingot_lag_seconds", MetricKind::kGauge, "Age of the oldest record of the last run while more wait; else 0."},
    {"ingot_freshness_seconds", MetricKind::kGauge,
     "Age of the last run's records when gold showed them: that of a share of them."},
    {"ingot_waiting_seconds", MetricKind::kGauge, "For how long a server has not answered; 0: it answers again."},
    {"ingot_pending_tables", MetricKind::kGauge,
     "Tables that are not computed, because the pipeline file differs and no decision has been made."},
    {"ingot_warnings", MetricKind::kGauge, "Warnings that hold, by kind: what is unusual about the data."},
    {"ingot_memory_budget_bytes", MetricKind::kGauge, "What --memory allows."},
};

}  // namespace

void DeclareRunMetrics(Metrics& metrics, const stage::Environment& environment) {
  for (const auto& meter : kMeters) metrics.Declare(meter.name, meter.kind, meter.help);
  for (const auto& field : stage::kReportCounts) metrics.Declare(field.metric, MetricKind::kCounter, field.help);
  metrics.Set("ingot_build_info", {{"version", INGOT_VERSION}, {"pipeline", environment.pipeline->name}}, 1);
  metrics.Set("ingot_memory_budget_bytes", {}, double(environment.memory_bytes));
  // Metrics that alerts use exist from the start: a rate needs a value before the first event.
  for (const char* outcome : {"done", "held", "failed"}) metrics.Add("ingot_runs", {{"outcome", outcome}}, 0);
  for (const pipeline::SilverSpec& silver : environment.pipeline->silver) {
    for (const std::string& rule : pipeline::RuleNames(silver.rules))
      metrics.Add("ingot_rule_broken_rows", {{"rule", rule}}, 0);
    for (const pipeline::Rule& rule : silver.rules)
      if (rule.fail_above) metrics.Set("ingot_gate_held", {{"table", silver.table.table}, {"rule", rule.name}}, 0);
  }
  for (const auto& table : TablesOf(*environment.pipeline, pipeline::kReportedKinds))
    metrics.Add("ingot_commit_conflicts", {{"table", table.spec->table}}, 0);
}

void CountRun(Metrics& metrics, const RunReport& report) {
  metrics.Add("ingot_runs", {{"outcome", report.held.empty() ? "done" : "held"}});
  for (const GateState& gate : report.gates) {
    metrics.Set("ingot_gate_held", {{"table", gate.table}, {"rule", gate.rule}}, gate.holds ? 1 : 0);
    metrics.Set("ingot_held_rows", {{"table", gate.table}}, 0);
  }
  for (const stage::HeldRows& held : report.held)
    metrics.Set("ingot_held_rows", {{"table", held.table}}, double(held.counts.rows));
  metrics.Set("ingot_last_run_timestamp_seconds", {}, double(NowMicros()) / 1e6);
  for (const auto& stage : report.stages) {
    const MetricLabels label{{"stage", std::string(stage::StageName(stage.stage))}};
    metrics.Observe("ingot_stage_seconds", label, stage.Seconds());
    metrics.Add("ingot_commits", label, double(stage.commits));
    for (const stage::ReportCount& field : stage::kReportCounts)
      if (!field.stage || *field.stage == stage.stage)
        metrics.Add(field.metric, field.stage ? MetricLabels{} : label, double(stage.*field.count));
    if (stage.stage != stage::Stage::kSilver) continue;
    for (const auto& [rule, count] : stage.broken_by_rule)
      metrics.Add("ingot_rule_broken_rows", {{"rule", rule}}, double(count));
  }
  metrics.Set("ingot_pending_tables", {}, double(report.pending_changes.size()));
  for (const stage::WarningKind kind : stage::kWarningKinds)
    metrics.Set("ingot_warnings", {{"kind", std::string(stage::WarningName(kind))}},
                double(std::ranges::count(report.warnings, kind, &stage::Warning::kind)));
  metrics.Set("ingot_lag_records", {}, double(report.records_behind));
  const bool waits = report.records_behind > 0 && !report.freshness.Empty();
  metrics.Set("ingot_lag_seconds", {}, waits ? report.freshness.Quantile(1) : 0);
  if (report.freshness.Empty()) return;
  for (const auto& [label, share] : {std::pair{"0.5", 0.5}, {"0.99", 0.99}, {"1", 1.0}})
    metrics.Set("ingot_freshness_seconds", {{"share", label}}, report.freshness.Quantile(share));
}

void CountFailure(Metrics& metrics, const Error& error) {
  metrics.Add("ingot_runs", {{"outcome", "failed"}});
  metrics.Add("ingot_run_errors", {{"kind", std::string(ErrorKindName(error.kind))}});
}

void UpdateOutages(Metrics& metrics) {
  for (const Outage& outage : ProcessOutages().All())
    metrics.Set("ingot_waiting_seconds", {{"server", outage.server}},
                outage.since_micros == 0 ? 0 : double(NowMicros() - outage.since_micros) / 1e6);
}

Status PushMetrics(Metrics& metrics, const std::string& url, const std::string& pipeline) {
  MeasureProcess(metrics);
  http::HttpClient http;
  const std::string place = fmt::format("{}/metrics/job/ingot-batch/pipeline/{}", url, UrlEncode(pipeline));
  INGOT_ASSIGN(const auto answer, http.Send({.method = "PUT",
                                             .url = place,
                                             .headers = {"Content-Type: text/plain; version=0.0.4"},
                                             .body = metrics.ToText(Metrics::Format::kPrometheusText)}));
  if (answer.status / 100 == 2) return {};
  return Fail(ErrorKind::kBadConfig, fmt::format("{} answered {}: {}", place, answer.status, answer.body));
}

}  // namespace ingot::run
