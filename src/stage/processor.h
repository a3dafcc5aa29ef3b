// The interface of one stage of a pipeline. Bronze, silver and gold each implement it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "stage/environment.h"
#include "stage/report.h"

namespace ingot::stage {

/// Ends a round of a stage although its source may have more records. The round ends when one of the two conditions is
/// true.
struct Deadline {
  std::optional<std::chrono::steady_clock::time_point> at;  // records that were read before are committed
  std::function<bool()> stop_requested;

  bool Passed() const {
    return (at && std::chrono::steady_clock::now() >= *at) || (stop_requested && stop_requested());
  }
};

/// Created with the options of its stage and kept between rounds.
class Processor {
 public:
  virtual ~Processor() = default;

  virtual Stage stage() const = 0;

  /// Connects to the source of the stage before the first Run. Errors: those of the source.
  virtual Status Open(const Environment& environment) = 0;

  /// Creates the tables of the stage and adds missing columns.
  virtual Status EnsureTables(const Environment& environment) = 0;

  /// Brings the tables into a state from which another engine can continue. Errors: kUnsupported, with what to do, for
  /// work that the engine cannot do.
  virtual Status PrepareForEngine(const Environment& environment) = 0;

  /// Processes the new rows of the source and commits them to the tables of the stage. Reports processed
  /// rows to `progress`.
  virtual Result<StageReport> Run(const Environment& environment, const Deadline& deadline,
                                  const std::function<void(int64_t)>& progress) = 0;

  /// The number of records in the source that are not read yet; 0 if it is unknown.
  virtual int64_t RecordsBehind() const { return 0; }
};

}  // namespace ingot::stage
