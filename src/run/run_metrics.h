// What a run tells Prometheus: docs/metrics.md lists every name.
#pragma once

#include <string>

#include "base/metrics.h"
#include "run/run.h"

namespace ingot::run {

/// Before the first of the others; without it nothing is counted.
void DeclareRunMetrics(Metrics& metrics, const stage::Environment& environment);

/// Counts what the run did.
void CountRun(Metrics& metrics, const RunReport& report);
void CountFailure(Metrics& metrics, const Error& error);
/// For how long each server that was away has been so.
void UpdateOutages(Metrics& metrics);

/// Hands all metrics to a Prometheus Pushgateway at `url`, in the place of what this pipeline pushed before: for runs
/// that end before anyone could ask them. Errors: kRetry, kOutcomeUnknown; kBadConfig for what the gateway refuses.
Status PushMetrics(Metrics& metrics, const std::string& url, const std::string& pipeline);

}  // namespace ingot::run
