// Maintenance during a continuous run. It runs on a thread of low priority, so that records do not wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "run/clock.h"

namespace ingot::run {

/// Once per `every`, compacts small files of each table by tiers, and applies deletes that cover a tenth of a file's
/// rows. Every fifth round also expires snapshots older than the table's history.expire.max-snapshot-age-ms (here one
/// hour by default). It keeps the newest hundred snapshots. Once a day it applies retention and removes orphans. A
/// failure is logged and retried in the next round. Ingest continues meanwhile.
class BackgroundMaintenance {
 public:
  /// `every` of zero disables maintenance.
  BackgroundMaintenance(const stage::Environment& environment, const ClockOptions& clock,
                        std::chrono::microseconds every);
  /// Waits until the current write is finished.
  ~BackgroundMaintenance();
  BackgroundMaintenance(const BackgroundMaintenance&) = delete;
  BackgroundMaintenance& operator=(const BackgroundMaintenance&) = delete;

 private:
  void Go(std::chrono::microseconds every);
  void Round(int64_t number);

  const stage::Environment environment_;
  const ClockOptions clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::chrono::steady_clock::time_point daily_;
  std::thread thread_;
};

}  // namespace ingot::run
