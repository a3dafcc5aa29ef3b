// Maintenance beside a run that goes on for ever: on a thread of low priority, so that records do not wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "run/clock.h"

namespace ingot::run {

/// Every `every`, on each table of the pipeline: small files are compacted by tiers, and deletes applied where they are
/// a tenth of a file's rows. Every fifth time snapshots expire: those older than the table's
/// history.expire.max-snapshot-age-ms, an hour where it says nothing, but for the newest hundred. Once a day retention
/// and orphans. What fails is told in the log and tried again the next time: ingest goes on.
class BackgroundMaintenance {
 public:
  /// `every` of nothing: no maintenance.
  BackgroundMaintenance(const stage::Environment& environment, const ClockOptions& clock,
                        std::chrono::microseconds every);
  /// Ends after what is being written just then.
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
