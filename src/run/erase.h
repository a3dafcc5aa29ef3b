// Erases the records that match a condition from every table of the pipeline and from storage: `ingot erase`.
// Source: docs/erasing.md.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "maintain/erase_files.h"
#include "maintain/erase_history.h"
#include "maintain/erase_rows.h"
#include "run/open.h"

namespace ingot::run {

struct EraseOptions {
  std::string where;
  bool yes = false;  // also makes branches and tags again that reach such rows, and drops those of gold
  bool dry_run = false;
};

/// What was done in one table; with dry_run, what would be done.
struct ErasedTable {
  std::string name;
  maintain::RowsErased rows;
  int64_t snapshots = 0;             // that reached such rows
  std::vector<std::string> refs;     // branches and tags to them
  int64_t history_files = 0;         // data files that only they needed, and that stored such rows
  int64_t files_deleted = 0;         // with manifests, former versions of the metadata, orphans and trash
  maintain::FilesSearched searched;  // the proof: every remaining file
};

struct Erasure {
  std::vector<ErasedTable> tables;
  std::set<std::string> fields;    // of the condition
  bool searches_metadata = false;  // whether a literal alone was searched for in the bytes of all files
  bool nothing_found = false;
  std::vector<std::string> outside;  // what holds copies that cannot be erased from here

  /// Files that still hold something to erase, with what was found.
  std::vector<std::string> Left() const;
};

/// Brings silver and gold up to date, erases, and searches all remaining files. An interrupted erasure is completed by
/// the next call with the same condition. Errors never have a literal of the condition: kBadConfig for a condition that
/// cannot be searched for; kBadInput if branches or tags reach such rows and `yes` is not set, before anything changes;
/// kPendingChange if the tables do not have the definitions of the pipeline file; kConflict if such rows keep arriving.
Result<Erasure> Erase(const OpenedPipeline& open, const EraseOptions& options);

}  // namespace ingot::run
