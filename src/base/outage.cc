#include "base/outage.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace ingot {
namespace {

std::string Length(int64_t micros) {
  const int64_t seconds = micros / kMicrosPerSecond;
  return seconds < 60 ? fmt::format("{} s", seconds) : fmt::format("{} min", seconds / 60);
}

/// "12:03:05 UTC".
std::string TimeOfDay(int64_t micros) {
  return FormatTimestampMicros(micros).substr(11, 8) + " UTC";
}

}  // namespace

void Outages::Failed(std::string_view server, std::string_view error, int64_t began) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[std::string(server)];
  if (entry.since == 0) {
    entry = {.since = began, .logged = 0, .error = {}};
    ++open_;
  }
  entry.error = error;
}

std::optional<std::string> Outages::Answered(std::string_view server, int64_t now) {
  if (open_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(server);
  if (found == entries_.end() || found->second.since == 0) return std::nullopt;
  const Entry over = std::exchange(found->second, Entry{});
  --open_;
  if (over.logged == 0) return std::nullopt;
  return fmt::format("no longer waiting for {} (since {}, {}): resuming", server, TimeOfDay(over.since),
                     Length(now - over.since));
}

std::vector<std::string> Outages::Due(int64_t now) {
  std::vector<std::string> lines;
  if (open_.load(std::memory_order_relaxed) == 0) return lines;
  std::lock_guard lock(mutex_);
  for (auto& [server, entry] : entries_) {
    const int64_t due = entry.logged == 0 ? entry.since + kFirstMicros : entry.logged + kEveryMicros;
    if (entry.since == 0 || now < due) continue;
    entry.logged = now;
    lines.push_back(fmt::format("waiting for {} since {} ({}): {}", server, TimeOfDay(entry.since),
                                Length(now - entry.since), entry.error));
  }
  return lines;
}

std::vector<Outage> Outages::All() const {
  std::lock_guard lock(mutex_);
  std::vector<Outage> all;
  for (const auto& [server, entry] : entries_) all.push_back({server, entry.since, entry.error});
  return all;
}

Outages& ProcessOutages() {
  static Outages outages;
  return outages;
}

void ServerFailed(std::string_view server, std::string_view error, int64_t began) {
  ProcessOutages().Failed(server, error, began == 0 ? NowMicros() : began);
  LogOutages();
}

void ServerAnswered(std::string_view server) {
  if (const auto line = ProcessOutages().Answered(server, NowMicros())) LogWarning(*line);
}

void LogOutages() {
  for (const std::string& line : ProcessOutages().Due(NowMicros())) LogWarning(line);
}

}  // namespace ingot
