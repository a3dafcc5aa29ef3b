// What the program counts of itself, for Prometheus. Names and units follow Prometheus's conventions ("Metric and label
// naming"); the text is OpenMetrics 1.0 or Prometheus's text format 0.0.4.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// By name, in order. Values may hold anything.
using MetricLabels = std::map<std::string, std::string>;

enum class MetricKind { kCounter, kGauge, kHistogram };

/// Metrics by name and labels. Safe from every thread; a lock each, so for what happens some times a second, not for
/// each record.
class Metrics {
 public:
  /// `name` is without the suffixes that the formats add (_total, _bucket, _sum, _count). A second time: nothing.
  void Declare(std::string_view name, MetricKind kind, std::string_view help);

  /// Of names that nobody declared nothing is kept: who does not show metrics does not pay for them.
  void Add(std::string_view counter_or_gauge, const MetricLabels& labels = {}, double more = 1);
  /// Of a counter: what was counted elsewhere, and only grows.
  void Set(std::string_view counter_or_gauge, const MetricLabels& labels, double value);
  void Observe(std::string_view histogram, const MetricLabels& labels, double value);
  /// Forgets all labels of it, before they are set anew.
  void Clear(std::string_view gauge);

  enum class Format { kOpenMetrics, kPrometheusText };
  std::string ToText(Format format) const;

 private:
  struct Sample {
    double value = 0;                   // of a histogram the sum
    std::vector<uint64_t> counts = {};  // of a histogram, by bucket, not cumulative; the last is beyond all bounds
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

/// The program's own.
Metrics& ProcessMetrics();

/// Memory, processor time, threads, open files and start of this process, under the names that Prometheus's client
/// libraries use. Source: /proc/self.
void MeasureProcess(Metrics& metrics);

}  // namespace ingot
