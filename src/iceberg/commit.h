// What every writer does around a commit: retry when another writer was first, and delete the files of a commit that
// failed, but not those of one that may still succeed. Source: docs/formats/commit.md.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/retry.h"
#include "iceberg/table.h"

namespace ingot::iceberg {

/// Calls `attempt` again, after a wait, as long as it ends with kConflict. Each attempt loads the tables itself, so
/// that it starts from their newest state. Errors: kConflict after the last attempt; any other error at once.
template <typename Attempt>
auto RetryOnConflict(const Attempt& attempt, Backoff::Options options = {}) -> decltype(attempt()) {
  Backoff backoff(options);
  while (true) {
    auto outcome = attempt();
    if (outcome || outcome.error().kind != ErrorKind::kConflict || !backoff.Wait()) return outcome;
  }
}

/// The same for one table: each attempt receives its newest state.
template <typename Attempt>
auto RetryOnConflict(const TableHome& home, const Attempt& attempt, Backoff::Options options = {})
    -> decltype(attempt(std::declval<const Table&>())) {
  const auto loaded = [&]() -> decltype(attempt(std::declval<const Table&>())) {
    INGOT_ASSIGN(const Table table, LoadTable(home));
    return attempt(table);
  };
  return RetryOnConflict(loaded, options);
}

std::vector<std::string> LocationsOf(const std::vector<DataFile>& files);

/// Deletes files that no snapshot refers to or can refer to later. The removal of orphans deletes those that remain
/// after an error.
void Discard(storage::Storage& storage, const std::vector<std::string>& locations);
/// Deletes the files of a commit that ended with `error`. Keeps them when its outcome is unknown.
void DiscardUnlessUnknown(storage::Storage& storage, const std::vector<std::string>& locations, const Error& error);

/// CommitSnapshot for files that were written for this commit only. Deletes them when the commit is known to have
/// failed.
Result<Table> CommitFiles(const TableHome& home, const SnapshotChange& change);

}  // namespace ingot::iceberg
