// Moves quarantined rows that today's rules accept to silver.
// Protocol (docs/formats/snapshot-summary.md): silver commits first, with the name of the replay; then the rows leave
// quarantine. After a crash between the two commits, the next replay or run finds the rows in silver by their run and
// source position, and removes them from quarantine.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "silver/replay_rows.h"

namespace ingot::silver {

struct Replayed {
  int64_t selected = 0;      // rows of quarantine
  int64_t moved = 0;         // of them: to silver
  int64_t duplicates = 0;    // of them: accepted, but silver has their keys already; they leave quarantine
  int64_t unidentified = 0;  // of those that remain: rows without a source position, which cannot be replayed
  int64_t finished = 0;      // rows of an interrupted replay that were in silver already and left quarantine now
  std::map<std::string, int64_t> broken_by_rule;  // rules that the remaining rows break

  int64_t Left() const { return moved + duplicates; }
  int64_t Remaining() const { return selected - Left(); }
  void Add(const Replayed& other);
};

struct ReplayOptions {
  QuarantineSelection selection;
  ParserFactory parser;
  bool dry_run = false;  // only counts; writes nothing
  /// What the snapshots of the replay record besides: called with the counts of one commit.
  std::function<iceberg::Properties(const Replayed&)> summary;
  std::function<void(int64_t)> progress = [](int64_t) {};  // rows since the last call
};

/// Rows without an `_error` are checked as bronze has them now; others are parsed again. Among replayed rows with the
/// same key the one with the lowest source position survives; a row of silver always does. Many rows are replayed in
/// several steps, by their time of ingestion. Runs and other replays may commit meanwhile.
/// Errors: kPendingChange if a table has another definition; kRetry if a run was interrupted between its two commits.
/// Cost: reads the rows of bronze that were ingested in the same hours, twice if silver has a key. Memory is bounded;
///         a dry run holds 16 bytes more per row that would move.
Result<Replayed> Replay(const stage::Environment& environment, const pipeline::SilverSpec& spec,
                        const ReplayOptions& options);

/// Removes from quarantine the rows that an interrupted replay has moved to silver. Returns their number.
/// Cost: reads nothing if no replay was interrupted.
Result<int64_t> FinishReplay(const stage::Environment& environment, const Tables& tables);

}  // namespace ingot::silver
