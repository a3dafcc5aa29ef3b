#include "base/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace ingot {
namespace {

// Seconds: from a commit on a local disk to a stage that reads hours of records.
constexpr double kBounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800};

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string LabelText(const MetricLabels& labels, std::string_view bound = "") {
  std::string text;
  for (const auto& [name, value] : labels)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, Escaped(value));
  if (!bound.empty()) text += fmt::format("{}le=\"{}\"", text.empty() ? "" : ",", bound);
  return text.empty() ? "" : "{" + text + "}";
}

const char* KindName(MetricKind kind) {
  return kind == MetricKind::kCounter ? "counter" : kind == MetricKind::kGauge ? "gauge" : "histogram";
}

}  // namespace

void Metrics::Declare(std::string_view name, MetricKind kind, std::string_view help) {
  std::lock_guard lock(mutex_);
  families_.try_emplace(std::string(name), Family{.kind = kind, .help = std::string(help)});
}

Metrics::Sample* Metrics::Find(std::string_view name, bool histogram, const MetricLabels& labels) {
  const auto family = families_.find(name);
  if (family == families_.end() || (family->second.kind == MetricKind::kHistogram) != histogram) return nullptr;
  return &family->second.samples[labels];
}

void Metrics::Add(std::string_view name, const MetricLabels& labels, double more) {
  std::lock_guard lock(mutex_);
  if (Sample* sample = Find(name, false, labels)) sample->value += more;
}

void Metrics::Set(std::string_view name, const MetricLabels& labels, double value) {
  std::lock_guard lock(mutex_);
  if (Sample* sample = Find(name, false, labels)) sample->value = value;
}

void Metrics::Observe(std::string_view histogram, const MetricLabels& labels, double value) {
  std::lock_guard lock(mutex_);
  Sample* sample = Find(histogram, true, labels);
  if (sample == nullptr) return;
  sample->counts.resize(std::size(kBounds) + 1);
  ++sample->counts[size_t(std::ranges::lower_bound(kBounds, value) - std::begin(kBounds))];
  sample->value += value;
}

void Metrics::Clear(std::string_view gauge) {
  std::lock_guard lock(mutex_);
  if (const auto family = families_.find(gauge); family != families_.end()) family->second.samples.clear();
}

std::string Metrics::ToText(Format format) const {
  const bool open = format == Format::kOpenMetrics;
  std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    if (family.samples.empty()) continue;
    const std::string counted = family.kind == MetricKind::kCounter ? name + "_total" : name;
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", open ? name : counted, Escaped(family.help),
                        KindName(family.kind));
    for (const auto& [labels, sample] : family.samples) {
      if (family.kind != MetricKind::kHistogram) {
        text += fmt::format("{}{} {}\n", counted, LabelText(labels), Number(sample.value));
        continue;
      }
      uint64_t count = 0;
      for (size_t i = 0; i < sample.counts.size(); ++i) {
        count += sample.counts[i];
        const std::string bound = i < std::size(kBounds) ? Number(kBounds[i]) : "+Inf";
        text += fmt::format("{}_bucket{} {}\n", name, LabelText(labels, bound), count);
      }
      text += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, LabelText(labels), Number(sample.value), count);
    }
  }
  return open ? text + "# EOF\n" : text;
}

Metrics& ProcessMetrics() {
  static Metrics metrics;
  return metrics;
}

void MeasureProcess(Metrics& metrics) {
  metrics.Declare("process_resident_memory_bytes", MetricKind::kGauge, "Resident memory.");
  metrics.Declare("process_virtual_memory_bytes", MetricKind::kGauge, "Virtual memory.");
  metrics.Declare("process_cpu_seconds", MetricKind::kCounter, "User and system CPU time.");
  metrics.Declare("process_threads", MetricKind::kGauge, "Threads.");
  metrics.Declare("process_open_fds", MetricKind::kGauge, "Open file descriptors.");
  metrics.Declare("process_start_time_seconds", MetricKind::kGauge, "Start of the process, seconds since the epoch.");
  std::ifstream file("/proc/self/stat");
  const std::string stat((std::istreambuf_iterator<char>(file)), {});
  std::istringstream rest(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest),
                                        {}};  // the first is field 3, the state
  if (fields.size() < 22) return;
  const auto field = [&](size_t number) { return std::atof(fields[number - 3].c_str()); };
  const double ticks = double(sysconf(_SC_CLK_TCK));
  const auto set = [&](const char* name, double value) { metrics.Set(name, {}, value); };
  set("process_cpu_seconds", (field(14) + field(15)) / ticks);
  set("process_threads", field(20));
  set("process_virtual_memory_bytes", field(23));
  set("process_resident_memory_bytes", field(24) * double(sysconf(_SC_PAGESIZE)));
  std::ifstream whole("/proc/stat");
  for (std::string line; std::getline(whole, line);)
    if (line.starts_with("btime ")) set("process_start_time_seconds", std::atof(line.c_str() + 6) + field(22) / ticks);
  std::error_code failed;
  const auto descriptors = std::filesystem::directory_iterator("/proc/self/fd", failed);
  if (!failed) set("process_open_fds", double(std::distance(descriptors, {})));
}

}  // namespace ingot
