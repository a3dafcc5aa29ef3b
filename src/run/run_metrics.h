// The Prometheus metrics of a run. docs/metrics.md lists every name.
#pragma once

#include <string>

#include "base/metrics.h"
#include "run/run.h"

namespace ingot::run {

/// Must be called before the other functions; without it nothing is counted.
void DeclareRunMetrics(Metrics& metrics, const stage::Environment& environment);

/// Counts the rows, files and outcome of the run.
void CountRun(Metrics& metrics, const RunReport& report);
void CountFailure(Metrics& metrics, const Error& error);
/// Updates for how long each unavailable server has been unavailable.
void UpdateOutages(Metrics& metrics);

/// Pushes all metrics to a Prometheus Pushgateway at `url`, replacing this pipeline's earlier push. It serves runs
/// that end before Prometheus can scrape them. Errors: kRetry, kOutcomeUnknown; kBadConfig for what the gateway
/// rejects.
Status PushMetrics(Metrics& metrics, const std::string& url, const std::string& pipeline);

}  // namespace ingot::run
