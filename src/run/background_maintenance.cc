#include "run/background_maintenance.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "run/maintenance.h"

namespace ingot::run {
namespace {

constexpr int kNice = 10;
constexpr int64_t kExpireEvery = 5;  // rounds
constexpr auto kDaily = std::chrono::hours(24);
constexpr size_t kFilesMin = 16;
constexpr double kDeletedShare = 0.1;
constexpr int64_t kMemoryMax = int64_t(128) << 20;
constexpr int64_t kSnapshotAgeMs = 3600 * 1000, kSnapshotsMin = 100;

MaintenanceOptions OptionsFor(const stage::Environment& environment, const iceberg::TableMetadata& metadata) {
  MaintenanceOptions options{.operations = {"compact", "deletes"}, .file_bytes_target = {}};
  options.compact.policy.tiered = true;
  options.compact.policy.files_min = kFilesMin;
  options.compact.policy.deleted_share = kDeletedShare;
  options.compact.memory_bytes = std::min(kMemoryMax, environment.memory_bytes / 4);
  options.compact.threads = 1;
  options.deletes.files_min = kFilesMin;
  if (!metadata.properties.contains("history.expire.max-snapshot-age-ms")) options.expire.max_age_ms = kSnapshotAgeMs;
  if (!metadata.properties.contains("history.expire.min-snapshots-to-keep")) options.expire.retain_last = kSnapshotsMin;
  return options;
}

}  // namespace

BackgroundMaintenance::BackgroundMaintenance(const stage::Environment& environment, const ClockOptions& clock,
                                             std::chrono::microseconds every)
    : environment_(environment), clock_(clock), daily_(std::chrono::steady_clock::now()) {
  if (every.count() > 0) thread_ = std::thread([this, every] { Go(every); });
}

BackgroundMaintenance::~BackgroundMaintenance() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundMaintenance::Go(std::chrono::microseconds every) {
  // Applies to this thread and the threads that it starts: on Linux each thread has its own nice value
  // (setpriority(2)).
  (void)::setpriority(PRIO_PROCESS, id_t(::gettid()), kNice);
  for (int64_t number = 1;; ++number) {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, every, [&] { return ending_; })) return;
    lock.unlock();
    Round(number);
  }
}

void BackgroundMaintenance::Round(int64_t number) {
  const auto ending = [this] {
    std::lock_guard lock(mutex_);
    return ending_;
  };
  const bool daily = std::chrono::steady_clock::now() - daily_ >= kDaily;
  if (daily) daily_ = std::chrono::steady_clock::now();
  const auto tables = RequestedOrAllTables(environment_, {});
  if (!tables) return LogWarning("maintenance: " + tables.error().message);
  for (const std::string& name : *tables) {
    if (ending()) return;
    const auto home = environment_.Home(name);
    const auto table = home ? iceberg::LoadTable(*home) : std::unexpected(home.error());
    if (!table) {
      // An unavailable server is already reported (base/outage.h).
      const bool away = table.error().kind == ErrorKind::kRetry;
      away ? LogDebug("maintenance: " + table.error().message) : LogWarning("maintenance: " + table.error().message);
      continue;
    }
    MaintenanceOptions options = OptionsFor(environment_, *table->metadata);
    options.clock = clock_;
    options.compact.stop_requested = ending;
    if (number % kExpireEvery == 0) options.operations.insert("expire");
    if (daily) options.operations.insert({"retention", "orphans"});
    const auto report = MaintainTable(environment_, name, options);
    if (!report) {
      LogWarning("maintenance of " + name + ": " + report.error().message);
      continue;
    }
    if (report->compact && report->compact->files_in > 0)
      LogInfo("maintenance of " + name + ": " + std::to_string(report->compact->files_in) + " files now " +
              std::to_string(report->compact->files_out));
    if (report->orphans)
      for (const std::string& note : report->orphans->notes) LogWarning("maintenance of " + name + ": " + note);
    if (report->expire && report->expire->snapshots > 0)
      LogInfo("maintenance of " + name + ": " + std::to_string(report->expire->snapshots) + " snapshots expired, " +
              std::to_string(report->expire->Files()) + " files deleted");
  }
}

}  // namespace ingot::run
