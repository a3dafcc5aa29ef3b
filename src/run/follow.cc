#include "run/follow.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/outage.h"

namespace ingot::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLedgerEvery{30};
constexpr int kFinalAttemptsMax = 5;  // after a stop request
constexpr std::chrono::milliseconds kRetryFirst{500}, kRetryMax{10'000};

bool IsRetryable(ErrorKind kind) {
  return kind == ErrorKind::kRetry || kind == ErrorKind::kConflict || kind == ErrorKind::kOutcomeUnknown;
}

constexpr const char* kGoodRun = "a run that succeeds";

/// Logs unavailable servers, also while a run waits for one of them.
class Watch {
 public:
  explicit Watch(const std::function<void()>& each_second)
      : thread_([this, each_second](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!ends_.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
            LogOutages();
            if (each_second) each_second();
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any ends_;
  std::jthread thread_;
};

/// Logs the first failure after a successful run at once, later failures once a minute.
void LogFailure(const Error& error, bool first) {
  const auto known = ProcessOutages().All();
  const bool waits = std::ranges::any_of(
      known, [](const Outage& outage) { return outage.since_micros != 0 && outage.server != kGoodRun; });
  if (!waits) ServerFailed(kGoodRun, error.message);
  if (first)
    LogWarning(error.message + "; retrying");
  else
    LogDebug(error.message + "; retrying");
}

/// Logs which tables are not computed, because they have another definition. Each once, until it is computed again.
void LogPending(std::set<std::string>& logged, const RunReport& report) {
  const std::set<std::string> pending(report.pending_changes.begin(), report.pending_changes.end());
  for (const std::string& message : pending)
    if (!logged.contains(message)) LogWarning(message);
  logged = pending;
}

/// Logs what gates hold back, at most once a minute, and when they do not any more.
void LogHeld(std::set<std::string>& tables, const RunReport& report) {
  std::set<std::string> holding;
  for (const stage::HeldRows& held : report.held) {
    holding.insert(held.table);
    if (held.is_news) LogWarning(stage::HeldText(held));
  }
  for (const std::string& table : tables)
    if (!holding.contains(table)) LogWarning("table " + table + ": no gate holds rows back any more");
  tables = holding;
}

}  // namespace

Status Follow(Runner& runner, const FollowOptions& options) {
  const auto sleep_until = [&](Clock::time_point when) {
    while (!options.stop_requested() && Clock::now() < when) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  };
  const Watch watch(options.each_second);
  Clock::time_point good_at = Clock::now(), ledger_at;
  auto retry_wait = kRetryFirst;
  Clock::time_point next = Clock::now();
  bool last = false;
  int final_attempts = 0;
  std::set<std::string> pending, held;
  while (!last) {
    last = options.stop_requested();  // one more run after the stop request, for records that were already read
    // Silver and gold are part of the interval. If a run takes longer, the next run starts at once.
    next = std::max(next + options.every, Clock::now());
    const RoundOptions round{.deadline = {.at = next, .stop_requested = options.stop_requested},
                             .write_ledger = last || Clock::now() - ledger_at >= kLedgerEvery,
                             .last = last};
    const auto report = runner.Run(round);
    if (report) {
      good_at = Clock::now();
      if (round.write_ledger) ledger_at = good_at;
      retry_wait = kRetryFirst;
      ServerAnswered(kGoodRun);
      LogPending(pending, *report);
      LogHeld(held, *report);
      options.on_run(*report);
      sleep_until(next);
      continue;
    }
    if (!IsRetryable(report.error().kind) || Clock::now() - good_at > options.retry_for ||
        (last && ++final_attempts >= kFinalAttemptsMax))
      return std::unexpected(report.error());
    options.on_failure(report.error());
    LogFailure(report.error(), retry_wait == kRetryFirst);
    if (last)
      std::this_thread::sleep_for(kRetryFirst);
    else
      sleep_until(Clock::now() + retry_wait);
    retry_wait = std::min(kRetryMax, retry_wait * 2);
    last = false;
  }
  return {};
}

}  // namespace ingot::run
