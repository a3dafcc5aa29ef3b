// Logs outages of servers: one line about every minute while a server does not respond, and one when it responds again.
// Clients of a server report the outcome of each attempt.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

struct Outage {
  std::string server;        // what and where: "S3 at http://127.0.0.1:9000"
  int64_t since_micros = 0;  // 0: it responds again
  std::string error;         // of the last attempt
};

/// Times are microseconds since 1970. Thread-safe.
class Outages {
 public:
  static constexpr int64_t kFirstMicros = 20'000'000;  // shorter outages are not logged
  static constexpr int64_t kEveryMicros = 60'000'000;

  /// Reports a failed attempt that started at `began` and may be retried.
  void Failed(std::string_view server, std::string_view error, int64_t began);
  /// Reports a response. Returns a line to log if an outage ends that was logged before. Cost: one load while there is
  /// no outage.
  std::optional<std::string> Answered(std::string_view server, int64_t now);
  /// The lines to log now: "waiting for S3 at http://… since 12:03:05 UTC (2 min): connection refused".
  std::vector<std::string> Due(int64_t now);
  /// All servers that had an outage since the start of the process.
  std::vector<Outage> All() const;

 private:
  struct Entry {
    int64_t since = 0;
    int64_t logged = 0;
    std::string error;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::atomic<int> open_ = 0;
};

/// The outages of this process.
Outages& ProcessOutages();

/// Reports a failed attempt, started at `began` (0: now), and logs the lines that are due.
void ServerFailed(std::string_view server, std::string_view error, int64_t began = 0);
/// Reports a response, and logs the end of an outage.
void ServerAnswered(std::string_view server);
/// Logs the lines that are due. Call it while waiting for a response that may take longer than a minute.
void LogOutages();

}  // namespace ingot
