// A table at one version, and commits to it by compare-and-swap.
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

/// What is needed to load a table: catalog, storage and name. Copies share the catalog and the storage.
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

/// The change that a commit makes to the metadata. Called again on the newer state after each conflict; its error ends
/// the commit.
using MetadataChange = std::function<Status(TableMetadata&)>;

/// Applies `change` and commits it, with a bounded number of retries. Returns the committed table. `attempt_failed` is
/// called after each attempt that is known to have failed: files that only this attempt wrote may be deleted then. An
/// attempt without an answer may still succeed until another commit supersedes it; its files are kept, and each reload
/// looks for its snapshot. Errors: those of `change`; kConflict after the last retry; kOutcomeUnknown if the outcome of
/// an attempt is still unknown.
Result<Table> CommitMetadata(const TableHome& home, const MetadataChange& change,
                             const std::function<void()>& attempt_failed = {});

/// A snapshot to commit: files to add, files to remove, and conditions that the table's state must meet.
struct SnapshotChange {
  std::string operation = "append";  // append, overwrite, replace, delete
  std::vector<DataFile> added = {};  // data and delete files
  /// Sequence number of the added files, instead of the commit's own. Rewritten rows get the sequence number of the
  /// state they were read from, so that equality deletes committed since then apply to them.
  std::optional<SequenceNumber> added_sequence_number = {};
  /// Removes the live data and delete files for which it returns true; the other files of their manifests are written
  /// to new manifests. It must return the same for a file each time.
  std::function<Result<bool>(const DataFile&)> removes = {};
  /// Rewrites the manifests for which it returns true, those of a spec together, sorted by partition.
  std::function<bool(const ManifestFile&)> rewrites = {};
  Properties summary = {};  // added to the computed counts
  std::string branch = "main";
  /// Called with each state that the commit is tried on, before anything is written.
  std::function<Status(const TableMetadata&)> validate = {};
  /// A change of the metadata in the same commit, e.g. another schema.
  MetadataChange metadata_change = {};
};

/// Merges manifests when a snapshot would have more than commit.manifest.min-count-to-merge of them. With
/// commit.manifest-merge.enabled=false it never merges (fast append).
Result<Table> CommitSnapshot(const TableHome& home, const SnapshotChange& change);

}  // namespace ingot::iceberg
