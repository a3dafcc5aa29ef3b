// Servers that do not answer: said in the log while it lasts, about once a minute, and once when it is over. Whoever
// talks to a server tells here how each attempt went.
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
  int64_t since_micros = 0;  // 0: it answers again
  std::string error;         // of the last attempt
};

/// Times are microseconds since 1970. Safe from every thread.
class Outages {
 public:
  static constexpr int64_t kFirstMicros = 20'000'000;  // shorter ones are not worth a word
  static constexpr int64_t kEveryMicros = 60'000'000;

  /// An attempt that began at `began` failed; another one may succeed.
  void Failed(std::string_view server, std::string_view error, int64_t began);
  /// What to say of it: nothing unless it was away for long enough to be spoken of. Cost: one load while none is away.
  std::optional<std::string> Answered(std::string_view server, int64_t now);
  /// What is to be said now: "waiting for S3 at http://… since 12:03:05 UTC (2 min): connection refused".
  std::vector<std::string> Due(int64_t now);
  /// Every server that was away since the start of the process.
  std::vector<Outage> All() const;

 private:
  struct Entry {
    int64_t since = 0;
    int64_t said = 0;
    std::string error;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::atomic<int> open_ = 0;
};

/// Those of this process.
Outages& ProcessOutages();

/// An attempt, begun at `began` (0: now), failed, or was answered. What is due is logged.
void ServerFailed(std::string_view server, std::string_view error, int64_t began = 0);
void ServerAnswered(std::string_view server);
/// Logs what is due. For servers whose silence is longer than the time between two words.
void LogOutages();

}  // namespace ingot
