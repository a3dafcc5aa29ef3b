// One stage of a pipeline as the runs see it: bronze, silver and gold are each one of these.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "stage/environment.h"
#include "stage/report.h"

namespace ingot::stage {

/// When a round of a stage ends although its source may have more; at once when any of the two says so.
struct Deadline {
  std::optional<std::chrono::steady_clock::time_point> at;  // what was read by then is committed
  std::function<bool()> stop_asked;

  bool Passed() const { return (at && std::chrono::steady_clock::now() >= *at) || (stop_asked && stop_asked()); }
};

/// Made with the options of its stage; kept from round to round.
class Processor {
 public:
  virtual ~Processor() = default;

  virtual Stage stage() const = 0;

  /// Connects to what the stage reads, before the first Run. Errors: those of the source.
  virtual Status Open(const Environment& environment) = 0;

  /// Creates the tables of the stage, and adds columns that they lack.
  virtual Status EnsureTables(const Environment& environment) = 0;

  /// Brings the tables into a state from which another engine can go on; what it cannot do is refused. Errors:
  /// kUnsupported with what to do.
  virtual Status PrepareForEngine(const Environment& environment) = 0;

  /// Carries what is new from the source of the stage into its tables. `progress` is told of rows as they are done.
  virtual Result<StageReport> Run(const Environment& environment, const Deadline& deadline,
                                  const std::function<void(int64_t)>& progress) = 0;

  /// Records that the source has beyond what was read; 0 where that is not known.
  virtual int64_t RecordsBehind() const { return 0; }
};

}  // namespace ingot::stage
