// A table at one version, and changes to it by compare-and-swap.
// Source: Iceberg specification, "Optimistic Concurrency", "Commit Conflict Resolution and Retry";
// docs/formats/commit.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/catalog.h"
#include "iceberg/filter.h"
#include "iceberg/manifest.h"

namespace ingot::iceberg {

/// Where a table lives. Copies share the catalog and the storage.
struct TableHome {
  std::shared_ptr<Catalog> catalog;
  std::shared_ptr<storage::Storage> storage;
  TableName name;
};

struct Table {
  TableHome home;
  std::string metadata_location;
  std::shared_ptr<const TableMetadata> metadata;
};

/// Errors: kNotFound, kCorrupt.
Result<Table> LoadTable(const TableHome& home);
/// Errors: kExists.
Result<Table> CreateTable(const TableHome& home, const TableMetadata& metadata);

/// What a commit does to the metadata. Called again on the newer state after each conflict; its error ends the commit.
using MetadataChange = std::function<Status(TableMetadata&)>;

/// Applies `change` and commits it, with bounded retries. Returns the table as committed. `refused` is called after
/// each attempt that is known not to have landed: what only that attempt wrote may be deleted then. An attempt whose
/// answer was lost may still land until a later commit takes its place: its files are kept, and each reload looks for
/// its snapshot. Errors: what `change` says; kConflict when the retries are used up; kOutcomeUnknown when an attempt is
/// still in doubt.
Result<Table> CommitMetadata(const TableHome& home, const MetadataChange& change,
                             const std::function<void()>& refused = {});

/// One snapshot to be: files in, files out, and conditions that must hold on the state it lands on.
struct SnapshotChange {
  std::string operation = "append";  // append, overwrite, replace, delete
  std::vector<DataFile> added = {};  // data and delete files
  /// Of the added files, instead of the commit's own: rows that were rewritten are as old as the state they were read
  /// from, so that equality deletes committed since apply to them.
  std::optional<SequenceNumber> added_sequence_number = {};
  /// Live data and delete files for which it says true are removed. Files that are kept are rewritten into new
  /// manifests. It says the same of a file each time.
  std::function<Result<bool>(const DataFile&)> removes = {};
  /// Manifests for which it says true are written anew, those of a spec together, sorted by partition.
  std::function<bool(const ManifestFile&)> rewrites = {};
  Properties summary = {};  // beside the counts, which are computed
  std::string branch = "main";
  /// Runs on each state the commit is tried on, before anything is written.
  std::function<Status(const TableMetadata&)> validate = {};
  /// Last touch of the metadata in the same swap, e.g. a wider schema.
  MetadataChange metadata_change = {};
};

/// For SnapshotChange::removes: the files of which every row matches. Errors on commit: kBadInput for a file that holds
/// rows that match and rows that do not, as far as its metrics tell (specification, "Overwrite": whole files only).
Result<std::function<Result<bool>(const DataFile&)>> FilesMatching(const TableMetadata& metadata, const Filter& filter);

/// Manifests are merged when a snapshot would have more than commit.manifest.min-count-to-merge of them
/// (commit.manifest-merge.enabled; false gives fast appends).
Result<Table> CommitSnapshot(const TableHome& home, const SnapshotChange& change);

}  // namespace ingot::iceberg
