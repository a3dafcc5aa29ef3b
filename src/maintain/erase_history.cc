#include "maintain/erase_history.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/fault.h"
#include "base/parallel.h"
#include "iceberg/location_catalog.h"
#include "maintain/needed_files.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::ManifestFile;
using iceberg::Snapshot;
using iceberg::SnapshotId;
using iceberg::Table;
using iceberg::TableMetadata;

class HistorySearch {
 public:
  HistorySearch(const Table& table, const HistoryOptions& options) : table_(table), options_(options) {}

  Result<ErasedHistory> Run() {
    const TableMetadata& metadata = *table_.metadata;
    if (options_.all_but_current) {
      for (const Snapshot& snapshot : metadata.snapshots)
        if (snapshot.snapshot_id != metadata.current_snapshot_id) found_.snapshots.insert(snapshot.snapshot_id);
    } else {
      INGOT_TRY(Search());
    }
    for (const auto& [name, ref] : metadata.refs)
      if (name != "main" && found_.snapshots.contains(ref.snapshot_id)) found_.refs.push_back(name);
    found_.current = metadata.current_snapshot_id && found_.snapshots.contains(*metadata.current_snapshot_id);
    return std::move(found_);
  }

 private:
  /// The files that a manifest lists, by key.
  struct Listed {
    std::vector<std::string> files;
    bool suspect = false;  // a removed file that exists no more may have held such a row
  };

  Status Search() {
    std::vector<const Snapshot*> snapshots;
    for (const Snapshot& snapshot : table_.metadata->snapshots) snapshots.push_back(&snapshot);
    INGOT_ASSIGN(const auto manifests, ManifestsOf(*table_.home.storage, snapshots));
    for (const auto& [location, manifest] : manifests) INGOT_TRY(List(manifest));
    INGOT_TRY(Read());
    for (auto& [location, listed] : listed_)
      for (const std::string& file : listed.files) {
        const bool gone = missing_.contains(file);
        listed.suspect = listed.suspect || stores_.contains(file) || (gone && suspects_.contains(file));
      }
    for (const Snapshot* snapshot : snapshots) {
      INGOT_ASSIGN(const auto its, iceberg::ReadManifestList(*table_.home.storage, *snapshot));
      const bool reaches =
          std::ranges::any_of(its, [&](const ManifestFile& manifest) { return listed_[manifest.location].suspect; });
      if (reaches || NamesErased(*snapshot)) found_.snapshots.insert(snapshot->snapshot_id);
    }
    found_.files = int64_t(stores_.size());
    return {};
  }

  bool NamesErased(const Snapshot& snapshot) const {
    return std::ranges::any_of(snapshot.summary,
                               [&](const auto& entry) { return options_.search.bytes(entry.second); });
  }

  Status List(const ManifestFile& manifest) {
    Listed& listed = listed_[manifest.location];
    const iceberg::PartitionSpec* spec = table_.metadata->SpecById(manifest.spec_id);
    const auto filter = iceberg::BoundFilter::Bind(options_.search.filter, table_.metadata->CurrentSchema());
    return iceberg::ForEachEntry(
        *table_.home.storage, manifest, *table_.metadata, nullptr, [&](iceberg::ManifestEntry& entry) -> Status {
          const std::string key = entry.file.Key();
          listed.files.push_back(key);
          const bool data = entry.file.content == iceberg::FileContent::kData;
          if (entry.status == iceberg::EntryStatus::kDeleted && data &&
              (!filter || spec == nullptr || filter->MayMatchFile(entry.file, *spec, table_.metadata->CurrentSchema())))
            suspects_.insert(key);
          files_.try_emplace(key, std::move(entry.file));
          return {};
        });
  }

  /// Reads every file once.
  Status Read() {
    std::vector<const DataFile*> files;
    for (const auto& [key, file] : files_) files.push_back(&file);
    std::mutex mutex;
    return ForEachInParallel(options_.threads, files.size(), [&](size_t, size_t i) -> Status {
      const auto stores = StoresErased(table_, *files[i], options_.search);
      options_.progress(files[i]->record_count);
      std::lock_guard lock(mutex);
      if (!stores && stores.error().kind == ErrorKind::kNotFound) {
        missing_.insert(files[i]->Key());
        return {};
      }
      if (!stores) return std::unexpected(stores.error());
      if (*stores) stores_.insert(files[i]->Key());
      return {};
    });
  }

  const Table& table_;
  const HistoryOptions& options_;
  std::map<std::string, DataFile> files_;
  std::map<std::string, Listed> listed_;  // by manifest
  std::set<std::string> stores_, missing_, suspects_;
  ErasedHistory found_;
};

/// Deletes the versions of the metadata that name removed snapshots, and before them the files that only those need: an
/// interrupted expiry may have left some.
Status RemoveFormerVersions(const iceberg::TableHome& home, const ExpireOptions& options, HistoryErased& done) {
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  if (home.catalog->ChoosesLocations()) return {};  // the catalog's server keeps the versions
  TableMetadata before = *table.metadata;
  std::set<std::string> outdated;
  for (const auto& entry : table.metadata->metadata_log) {
    const auto version = iceberg::ReadMetadataFile(*table.home.storage, entry.metadata_file);
    if (!version && version.error().kind == ErrorKind::kNotFound) continue;
    if (!version) return std::unexpected(version.error());
    const auto removed = iceberg::SnapshotsNotIn(*version, *table.metadata);
    if (removed.empty()) continue;
    outdated.insert(entry.metadata_file);
    before.other = version->other;  // the newest one names the most statistics
    for (const Snapshot* snapshot : removed)
      if (before.SnapshotById(snapshot->snapshot_id) == nullptr) before.snapshots.push_back(*snapshot);
  }
  if (outdated.empty()) return {};
  INGOT_ASSIGN(const Expired left, DeleteUnneeded(*table.home.storage, before, *table.metadata, options));
  done.files += left.Files();
  INGOT_TRY(FaultPoint("erase.before_versions"));
  INGOT_TRY(iceberg::CommitMetadata(home, [&](TableMetadata& metadata) -> Status {
    std::erase_if(metadata.metadata_log, [&](const auto& entry) { return outdated.contains(entry.metadata_file); });
    return {};
  }));
  INGOT_TRY(FaultPoint("erase.between_versions"));
  done.versions += int64_t(outdated.size());
  return DeleteFiles(*table.home.storage, {outdated.begin(), outdated.end()});
}

}  // namespace

Result<ErasedHistory> FindErasedHistory(const Table& table, const HistoryOptions& options) {
  return HistorySearch(table, options).Run();
}

Result<HistoryErased> EraseHistory(const iceberg::TableHome& home, const HistoryOptions& options,
                                   const std::function<bool(const std::string&)>& belongs_to_other_table,
                                   const KeepSummaries& keep) {
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  INGOT_TRY(CheckMayDelete(*table.metadata, home.name.Text()));
  INGOT_ASSIGN(ErasedHistory history, FindErasedHistory(table, options));
  if (history.current)
    return Fail(ErrorKind::kConflict,
                "table " + home.name.Text() + ": rows to erase were written meanwhile: run the command again");
  if (std::ranges::any_of(options.consumed, [&](SnapshotId id) { return history.snapshots.contains(id); }))
    return Fail(ErrorKind::kConflict, "table " + home.name.Text() +
                                          ": a table that is computed from it has not proceeded past the erased rows: "
                                          "see why with `ingot check`, then run the command again");
  HistoryErased done{.refs = std::move(history.refs)};
  ExpireOptions expire{.belongs_to_other_table = belongs_to_other_table, .only = std::move(history.snapshots)};
  INGOT_ASSIGN(const Expired expired, ExpireSnapshots(home, expire, keep));
  done.snapshots = expired.snapshots;
  done.files = expired.Files();
  INGOT_TRY(FaultPoint("erase.after_expiry"));
  INGOT_TRY(RemoveFormerVersions(home, expire, done));
  return done;
}

}  // namespace ingot::maintain
