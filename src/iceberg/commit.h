// What every writer does around a commit: start over when another writer was first, and delete the files of a commit
// that failed, but never those of one that may have landed. Source: docs/formats/commit.md.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/retry.h"
#include "iceberg/table.h"

namespace ingot::iceberg {

/// Calls `attempt` again, after a wait, as long as it ends with kConflict. An attempt loads the tables itself, so that
/// each one starts from their newest state. Errors: kConflict when the attempts are used up; any other at once.
template <typename Attempt>
auto RetryOnConflict(const Attempt& attempt, Backoff::Options options = {}) -> decltype(attempt()) {
  Backoff backoff(options);
  while (true) {
    auto outcome = attempt();
    if (outcome || outcome.error().kind != ErrorKind::kConflict || !backoff.Wait()) return outcome;
  }
}

/// The same for one table: `attempt` is given its newest state each time.
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

/// Deletes files that no snapshot has or can get. What cannot be deleted is left for the removal of orphans.
void Discard(storage::Storage& storage, const std::vector<std::string>& locations);
/// Deletes the files that were written for a commit which ended with `error`; keeps them when its outcome is unknown.
void DiscardUnlessUnknown(storage::Storage& storage, const std::vector<std::string>& locations, const Error& error);

/// CommitSnapshot for files that were written for this commit alone: they are deleted when it is known to have failed.
Result<Table> CommitFiles(const TableHome& home, const SnapshotChange& change);

}  // namespace ingot::iceberg
