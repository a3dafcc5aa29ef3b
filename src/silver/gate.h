// The gates of one silver table: decides before a commit whether new rows may be published, by the limits of its rules.
// The rows are judged together: all that a run finds at its start, even if it commits them in several steps.
// Source: docs/operations.md, "Quality gates".
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "silver/clean.h"
#include "silver/recent_rows.h"
#include "silver/rule_counts.h"
#include "stage/held_rows.h"

namespace ingot::silver {

struct GateOptions {
  /// A few young rows that exceed a limit wait for more before they are held back.
  bool follow = false;
  /// Publishes rows that exceed limits. Returns what the summaries of these commits record about it.
  std::function<iceberg::Properties(const std::vector<std::string>& reasons)> publish_anyway;
  /// Another engine computes the rows, so that they cannot be judged between their computation and their commit.
  bool judges_first = false;
  /// Rows up to this snapshot of bronze were published before, and are not judged.
  std::optional<iceberg::SnapshotId> published_until;
};

enum class Verdict {
  kPublish,
  kClean,  // compute the step, then ask JudgeCleaned
  kWait,   // for more rows
  kHold
};

/// Kept by a follower between runs. Not thread-safe.
class Gate {
 public:
  Gate(const pipeline::SilverSpec& spec, GateOptions options) : spec_(&spec), options_(std::move(options)) {}

  /// Begins a run, which ends at the current snapshot of bronze.
  void Begin(const Tables& tables);

  /// The last snapshot of bronze that the next step may consume.
  std::optional<iceberg::SnapshotId> Until(const Tables& tables) const;

  /// Judges the rows that silver has not consumed. If one step takes all of them, it is computed first.
  /// Input: `step`: the next one, which was not begun.
  Result<Verdict> Judge(const stage::Environment& environment, const Tables& tables, const Step& step);

  /// Whether a step that was computed after kClean may be committed. If not, its files must be discarded, and Judge
  /// says more.
  bool JudgeCleaned(const stage::RuleCounts& counts);

  /// Adds to a commit of a step what later runs must know.
  void PutDecision(iceberg::SnapshotChange& change, const Step& step) const;

  /// Records the rows of a committed step.
  void Published(const stage::RuleCounts& counts);

  /// The rows that are held back, after kHold.
  stage::HeldRows Held();
  /// The limits that published rows exceed, as text.
  const std::vector<std::string>& published_anyway() const { return published_anyway_; }

 private:
  bool IsDecided(const Tables& tables) const;
  Status CountPending(const stage::Environment& environment, const Tables& tables);
  Verdict Decide(const stage::RuleCounts& pending, std::optional<int64_t> oldest_micros);

  const pipeline::SilverSpec* spec_;
  const GateOptions options_;
  std::optional<iceberg::SnapshotId> end_;      // of this run, in bronze
  std::optional<iceberg::SnapshotId> decided_;  // rows up to here may be published
  std::vector<std::string> published_anyway_;
  RecentRows recent_;

  // What was counted of the rows after silver's mark. Not counted until they exceeded a limit, or need several steps.
  struct Pending {
    std::optional<iceberg::SnapshotId> after, until;
    bool counted = false, suspect = false;
    CountedRows rows;
    std::vector<std::string> reported;  // rules that were reported as exceeded
    int64_t reported_rows = 0, reported_micros = 0;
  };
  Pending pending_;
};

}  // namespace ingot::silver
