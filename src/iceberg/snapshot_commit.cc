// Builds the manifests of a new snapshot and commits it.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/clock.h"
#include "base/fault.h"
#include "base/random.h"
#include "iceberg/commit.h"
#include "iceberg/journal.h"
#include "iceberg/summary_numbers.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

struct Counts {
  int64_t data_files = 0, delete_files = 0, rows = 0, position_deletes = 0, equality_deletes = 0, bytes = 0;
  std::set<std::string> partitions;

  void Add(const DataFile& file) {
    bytes += file.file_bytes;
    if (file.content == FileContent::kData)
      ++data_files, rows += file.record_count;
    else
      ++delete_files;
    if (file.content == FileContent::kPositionDeletes) position_deletes += file.record_count;
    if (file.content == FileContent::kEqualityDeletes) equality_deletes += file.record_count;
    partitions.insert(PartitionKey(file));
  }
};

/// Specification, Appendix F "Snapshot Summary": counts of the change, and totals continued from the parent.
Properties Summary(const SnapshotChange& change, const Counts& added, const Counts& removed, const Snapshot* parent) {
  Properties summary = change.summary;
  summary["operation"] = change.operation;
  const auto put = [&](const char* key, int64_t count) {
    if (count != 0) summary[key] = std::to_string(count);
  };
  put("added-data-files", added.data_files);
  put("added-delete-files", added.delete_files);
  put("added-records", added.rows);
  put("added-files-size", added.bytes);
  put("added-position-deletes", added.position_deletes);
  put("added-equality-deletes", added.equality_deletes);
  put("deleted-data-files", removed.data_files);
  put("removed-delete-files", removed.delete_files);
  put("removed-position-deletes", removed.position_deletes);
  put("removed-equality-deletes", removed.equality_deletes);
  put("deleted-records", removed.rows);
  put("removed-files-size", removed.bytes);
  std::set<std::string> partitions = added.partitions;
  partitions.insert(removed.partitions.begin(), removed.partitions.end());
  put("changed-partition-count", int64_t(partitions.size()));
  const auto total = [&](const char* key, int64_t more, int64_t less) {
    const auto before = parent ? FindNumber(parent->summary, key) : std::optional<int64_t>(0);
    // Without totals in the parent (older writers) the totals are unknown.
    if (before) summary[key] = std::to_string(*before + more - less);
  };
  total("total-data-files", added.data_files, removed.data_files);
  total("total-delete-files", added.delete_files, removed.delete_files);
  total("total-records", added.rows, removed.rows);
  total("total-files-size", added.bytes, removed.bytes);
  total("total-position-deletes", added.position_deletes, removed.position_deletes);
  total("total-equality-deletes", added.equality_deletes, removed.equality_deletes);
  return summary;
}

/// One attempt to write a snapshot for one state of the table.
class SnapshotDraft {
 public:
  /// `untouched`: manifests in which no file is removed. Attempts add to it, so that later ones need not read them
  /// again.
  SnapshotDraft(const TableHome& home, const SnapshotChange& change, const TableMetadata& metadata,
                std::set<std::string>& untouched)
      : home_(home), change_(change), metadata_(metadata), untouched_(untouched) {
    snapshot_.snapshot_id = int64_t(RandomBits() >> 1);
    // All sequence numbers of format 1 are 0 (specification, "Sequence Numbers").
    snapshot_.sequence_number = metadata.format_version < 2 ? 0 : metadata.last_sequence_number + 1;
    snapshot_.schema_id = metadata.current_schema_id;
    commit_id_ = NewFileName();
    const auto ref = metadata.refs.find(change.branch);
    if (ref != metadata.refs.end())
      parent_ = metadata.SnapshotById(ref->second.snapshot_id);
    else if (change.branch != "main")
      parent_ = metadata.CurrentSnapshot();
    if (parent_) snapshot_.parent_id = parent_->snapshot_id;
    int64_t newest_ms = metadata.last_updated_ms;
    if (parent_) newest_ms = std::max(newest_ms, parent_->timestamp_ms);
    snapshot_.timestamp_ms = std::max(NowMicros() / 1000, newest_ms);
  }

  Result<Snapshot> Write() {
    INGOT_TRY(AddFiles());
    if (parent_) INGOT_TRY(CarryManifests());
    INGOT_TRY(change_.rewrites ? RewriteManifests() : MergeManifests());
    if (metadata_.format_version >= 3) AssignRowIds();
    INGOT_TRY(FaultPoint("commit.after_manifests"));
    snapshot_.summary = Summary(change_, added_, removed_, parent_);
    snapshot_.summary.merge(rewritten_);
    snapshot_.manifest_list = storage::JoinLocation(
        MetadataFolder(metadata_), fmt::format("snap-{}-1-{}.avro", snapshot_.snapshot_id, commit_id_));
    INGOT_TRY(
        WriteManifestList(*home_.storage, snapshot_.manifest_list, snapshot_, manifests_, metadata_.format_version));
    written_.push_back(snapshot_.manifest_list);
    INGOT_TRY(FaultPoint("commit.after_manifest_list"));
    return snapshot_;
  }

  const std::vector<std::string>& written() const { return written_; }

 private:
  Result<ManifestFile> NewManifest(const PartitionSpec& spec, bool holds_deletes,
                                   const std::vector<ManifestEntry>& entries) {
    const std::string location =
        storage::JoinLocation(MetadataFolder(metadata_), fmt::format("{}-m{}.avro", commit_id_, manifest_number_++));
    INGOT_ASSIGN(const Schema schema, SchemaWithSources(spec));
    INGOT_ASSIGN(auto manifest, WriteManifest(*home_.storage, location,
                                              {.schema = &schema,
                                               .spec = &spec,
                                               .holds_deletes = holds_deletes,
                                               .snapshot_id = snapshot_.snapshot_id,
                                               .format_version = metadata_.format_version},
                                              entries));
    written_.push_back(location);
    return manifest;
  }

  /// The current schema and dropped columns that the spec still partitions by.
  Result<Schema> SchemaWithSources(const PartitionSpec& spec) const {
    Schema schema = metadata_.CurrentSchema();
    for (const PartitionField& field : spec.fields) {
      if (schema.FindById(field.source_id)) continue;
      for (auto old = metadata_.schemas.rbegin(); old != metadata_.schemas.rend(); ++old)
        if (const Field* source = old->FindById(field.source_id)) {
          schema.fields.push_back(*source);
          break;
        }
    }
    return schema;
  }

  Status AddFiles() {
    std::map<std::pair<int32_t, bool>, std::vector<ManifestEntry>> groups;
    for (const DataFile& file : change_.added) {
      added_.Add(file);
      groups[{file.spec_id, file.content != FileContent::kData}].push_back(
          {.status = EntryStatus::kAdded,
           .snapshot_id = snapshot_.snapshot_id,
           .sequence_number = change_.added_sequence_number,
           .file = file});
    }
    for (const auto& [group, entries] : groups) {
      const PartitionSpec* spec = metadata_.SpecById(group.first);
      if (spec == nullptr) return Fail(ErrorKind::kInternal, "commit of a file with an unknown partition spec");
      INGOT_ASSIGN(auto manifest, NewManifest(*spec, group.second, entries));
      manifests_.push_back(std::move(manifest));
    }
    return {};
  }

  Status CarryManifests() {
    INGOT_ASSIGN(auto carried, ReadManifestList(*home_.storage, *parent_));
    for (ManifestFile& manifest : carried) {
      if (!manifest.MayHaveLiveFiles()) continue;
      const bool search = change_.removes && !untouched_.contains(manifest.location);
      std::vector<ManifestEntry> entries;
      if (search || !manifest.IsCounted()) {
        INGOT_ASSIGN(entries, ReadManifest(*home_.storage, manifest, metadata_));
      }
      if (!manifest.IsCounted()) CountEntries(entries, manifest);
      if (!search) {
        manifests_.push_back(manifest);
        continue;
      }
      bool touched = false;
      std::vector<ManifestEntry> kept;
      for (ManifestEntry& entry : entries) {
        if (entry.status == EntryStatus::kDeleted) continue;
        INGOT_ASSIGN(const bool remove, change_.removes(entry.file));
        entry.status = remove ? EntryStatus::kDeleted : EntryStatus::kExisting;
        if (remove) entry.snapshot_id = snapshot_.snapshot_id, removed_.Add(entry.file), touched = true;
        kept.push_back(std::move(entry));
      }
      if (!touched) {
        untouched_.insert(manifest.location);
        manifests_.push_back(manifest);
        continue;
      }
      INGOT_ASSIGN(auto rewritten, NewManifest(*metadata_.SpecById(manifest.spec_id), manifest.holds_deletes, kept));
      manifests_.push_back(std::move(rewritten));
    }
    return {};
  }

  /// The number of newest manifests to merge, so that at most `keep` + 1 are left. Beyond that, a manifest is rewritten
  /// only with at least as many other bytes, so that an entry is rewritten a few times in its life instead of once
  /// every hundred commits. Moves the newest manifests to the front.
  static size_t CountToMerge(std::vector<ManifestFile>& manifests, size_t keep) {
    std::ranges::stable_sort(manifests, std::greater(), &ManifestFile::sequence_number);
    int64_t bytes = 0;
    size_t count = 0;
    while (count < manifests.size() && (manifests.size() - count > keep || manifests[count].bytes <= bytes))
      bytes += manifests[count++].bytes;
    return count;
  }

  // Merges old manifests of a spec up to the target size. Manifests of this snapshot are not merged, so that consumers
  // find the files that it added in them alone.
  Status MergeManifests() {
    if (!metadata_.PropertyBool("commit.manifest-merge.enabled", true)) return {};
    const int64_t target = metadata_.PropertyInt("commit.manifest.target-size-bytes", 8 << 20);
    const size_t min_count =
        size_t(std::max<int64_t>(2, metadata_.PropertyInt("commit.manifest.min-count-to-merge", 100)));
    std::map<std::pair<int32_t, bool>, std::vector<ManifestFile>> groups;
    std::vector<ManifestFile> result;
    for (ManifestFile& manifest : manifests_) {
      const bool fresh = manifest.added_snapshot_id == snapshot_.snapshot_id && manifest.sequence_number < 0;
      if (fresh || manifest.bytes >= target)
        result.push_back(std::move(manifest));
      else
        groups[{manifest.spec_id, manifest.holds_deletes}].push_back(std::move(manifest));
    }
    for (auto& [group, members] : groups) {
      const size_t merged = members.size() < min_count ? 0 : CountToMerge(members, min_count / 2);
      std::ranges::move(members | std::views::drop(merged), std::back_inserter(result));
      members.resize(merged);
      std::vector<ManifestEntry> entries;
      int64_t bytes = 0;
      for (size_t i = 0; i < members.size(); ++i) {
        INGOT_TRY(ReadLive(members[i], entries));
        bytes += members[i].bytes;
        if (bytes < target && i + 1 < members.size()) continue;
        INGOT_ASSIGN(auto merged, NewManifest(*metadata_.SpecById(group.first), group.second, entries));
        result.push_back(std::move(merged));
        entries.clear();
        bytes = 0;
      }
    }
    manifests_ = std::move(result);
    return {};
  }

  Status ReadLive(const ManifestFile& manifest, std::vector<ManifestEntry>& entries) const {
    INGOT_ASSIGN(auto read, ReadManifest(*home_.storage, manifest, metadata_));
    for (ManifestEntry& entry : read) {
      if (entry.status == EntryStatus::kDeleted) continue;
      entry.status = EntryStatus::kExisting;
      entries.push_back(std::move(entry));
    }
    return {};
  }

  /// Rewrites the selected manifests as few as the target size allows, with entries sorted by partition.
  Status RewriteManifests() {
    const int64_t target = metadata_.PropertyInt("commit.manifest.target-size-bytes", 8 << 20);
    std::map<std::pair<int32_t, bool>, std::vector<ManifestFile>> groups;
    std::vector<ManifestFile> result;
    for (ManifestFile& manifest : manifests_) {
      if (change_.rewrites(manifest))
        groups[{manifest.spec_id, manifest.holds_deletes}].push_back(std::move(manifest));
      else
        result.push_back(std::move(manifest));
    }
    const size_t kept = result.size();
    size_t replaced = 0, processed = 0;
    for (const auto& [group, members] : groups) {
      std::vector<ManifestEntry> entries;
      int64_t bytes = 0;
      for (const ManifestFile& manifest : members) {
        INGOT_TRY(ReadLive(manifest, entries));
        bytes += manifest.bytes;
        // One that this commit wrote is in no snapshot.
        if (manifest.added_snapshot_id == snapshot_.snapshot_id) Discard(*home_.storage, {manifest.location});
      }
      std::ranges::stable_sort(entries, [](const ManifestEntry& a, const ManifestEntry& b) {
        return std::ranges::lexicographical_compare(
            a.file.partition, b.file.partition, [](const Value& x, const Value& y) { return CompareValues(x, y) < 0; });
      });
      const size_t count = size_t(std::max<int64_t>(1, (bytes + target / 2) / target));
      const size_t each = std::max<size_t>(1, (entries.size() + count - 1) / count);
      for (size_t begin = 0; begin < entries.size(); begin += each) {
        const std::vector<ManifestEntry> part(
            std::make_move_iterator(entries.begin() + ptrdiff_t(begin)),
            std::make_move_iterator(entries.begin() + ptrdiff_t(std::min(entries.size(), begin + each))));
        INGOT_ASSIGN(auto manifest, NewManifest(*metadata_.SpecById(group.first), group.second, part));
        result.push_back(std::move(manifest));
      }
      replaced += members.size();
      processed += entries.size();
    }
    rewritten_ = {{"manifests-created", std::to_string(result.size() - kept)},
                  {"manifests-kept", std::to_string(kept)},
                  {"manifests-replaced", std::to_string(replaced)},
                  {"entries-processed", std::to_string(processed)}};
    manifests_ = std::move(result);
    return {};
  }

  /// Specification, "Row Lineage", "First Row ID Assignment": data manifests without a first row id, including those
  /// from before the upgrade to format 3, are numbered consecutively from the table's next row id.
  void AssignRowIds() {
    int64_t next = metadata_.next_row_id;
    for (ManifestFile& manifest : manifests_) {
      if (manifest.holds_deletes || manifest.first_row_id) continue;
      manifest.first_row_id = next;
      next += *manifest.added_rows + *manifest.existing_rows;
    }
    snapshot_.first_row_id = metadata_.next_row_id;
    snapshot_.added_rows = next - metadata_.next_row_id;
  }

  const TableHome& home_;
  const SnapshotChange& change_;
  const TableMetadata& metadata_;
  std::set<std::string>& untouched_;
  Properties rewritten_;  // counts of manifests, for the summary
  const Snapshot* parent_ = nullptr;
  Snapshot snapshot_;
  std::string commit_id_;
  std::vector<ManifestFile> manifests_;
  std::vector<std::string> written_;
  int manifest_number_ = 0;
  Counts added_, removed_;
};

}  // namespace

Result<Table> CommitSnapshot(const TableHome& home, const SnapshotChange& change) {
  std::vector<std::string> written;
  std::set<std::string> untouched;
  const std::vector<std::string> added = LocationsOf(change.added);
  const auto clean = [&] {
    Discard(*home.storage, written);
    written.clear();
  };
  const auto make = [&](TableMetadata& metadata) -> Status {
    written.clear();  // files of an attempt in doubt stay
    INGOT_TRY(WithContext(CheckWritable(metadata), "table " + home.name.Text()));
    INGOT_TRY(CheckWriterEntry(home.storage, metadata, added));
    if (change.validate) INGOT_TRY(change.validate(metadata));
    if (change.metadata_change) INGOT_TRY(change.metadata_change(metadata));
    SnapshotDraft draft(home, change, metadata, untouched);
    auto snapshot = draft.Write();
    written = draft.written();
    if (!snapshot) return std::unexpected(std::move(snapshot).error());
    AddSnapshot(metadata, std::move(*snapshot), change.branch);
    return {};
  };
  auto committed = CommitMetadata(home, make, clean);
  if (!committed) DiscardUnlessUnknown(*home.storage, written, committed.error());
  return committed;
}

}  // namespace ingot::iceberg
