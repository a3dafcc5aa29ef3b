// The program's metrics, for Prometheus. Names and units follow Prometheus's conventions ("Metric and label naming");
// the text is OpenMetrics 1.0 or the Prometheus text format 0.0.4.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Label values by name. Values may hold any bytes.
using MetricLabels = std::map<std::string, std::string>;

enum class MetricKind { kCounter, kGauge, kHistogram };

/// Metrics by name and labels. Thread-safe. Each call takes a lock, so do not call it per record.
class Metrics {
 public:
  /// `name` is without the suffixes that the formats add (_total, _bucket, _sum, _count). Declaring a name again has no
  /// effect.
  void Declare(std::string_view name, MetricKind kind, std::string_view help);

  /// Add, Set and Observe ignore names that were not declared, so commands that show no metrics store none.
  void Add(std::string_view counter_or_gauge, const MetricLabels& labels = {}, double more = 1);
  /// For a counter: a value counted elsewhere, which never decreases.
  void Set(std::string_view counter_or_gauge, const MetricLabels& labels, double value);
  void Observe(std::string_view histogram, const MetricLabels& labels, double value);
  /// Removes the samples of all labels of the gauge.
  void Clear(std::string_view gauge);

  enum class Format { kOpenMetrics, kPrometheusText };
  std::string ToText(Format format) const;

 private:
  struct Sample {
    double value = 0;                   // histogram: the sum
    std::vector<uint64_t> counts = {};  // histogram: per bucket, not cumulative; the last is above all bounds
  };
  struct Family {
    MetricKind kind = MetricKind::kGauge;
    std::string help;
    std::map<MetricLabels, Sample> samples = {};
  };
  Sample* Find(std::string_view name, bool histogram, const MetricLabels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

/// The metrics of this process.
Metrics& ProcessMetrics();

/// Sets memory, CPU time, threads, open files and start time of this process, under the names that Prometheus client
/// libraries use. Source: /proc/self.
void MeasureProcess(Metrics& metrics);

}  // namespace ingot
