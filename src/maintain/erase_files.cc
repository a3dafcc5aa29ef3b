#include "maintain/erase_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "avro/blocks.h"
#include "base/fault.h"
#include "base/parallel.h"
#include "base/url_encoding.h"
#include "iceberg/journal.h"
#include "iceberg/location_catalog.h"
#include "maintain/needed_files.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;

constexpr std::string_view kTrash = ".trash/";

/// The format of a data file by the ending of its name; empty for other files.
std::string FormatOf(std::string_view location) {
  if (location.ends_with(".parquet")) return "PARQUET";
  return location.ends_with(".orc") ? "ORC" : "";
}

class FileSearch {
 public:
  FileSearch(const Table& table, const SearchFilesOptions& options) : table_(table), options_(options) {}

  Result<FilesSearched> Run() {
    INGOT_TRY(List());
    storage::Storage& storage = *table_.home.storage;
    INGOT_ASSIGN(const auto journal, iceberg::ReadJournal(storage, *table_.metadata));
    // The table is loaded after the listing, so that it needs every listed file that was committed before.
    INGOT_ASSIGN(table_, iceberg::LoadTable(table_.home));
    INGOT_ASSIGN(needed_, NeededFiles(table_));
    INGOT_ASSIGN(shared_, InspectSharedFolder(table_, listed_, options_.other_tables));
    INGOT_TRY(Know());
    INGOT_TRY(ForEachInParallel(options_.threads, listed_.size(), [&](size_t, size_t i) -> Status {
      const ListedFile& file = listed_[i];
      if (shared_.Holds(file)) return {};  // it is searched with its own table
      return Examine(file, IsUnneeded(file, journal));
    }));
    if (options_.deletes) RemoveEmptyFolders();
    std::ranges::sort(found_.left);
    return std::move(found_);
  }

 private:
  Status List() {
    const iceberg::TableMetadata& metadata = *table_.metadata;
    std::set<std::string> folders{metadata.location}, seen;
    for (const char* path : {"write.data.path", "write.metadata.path", "write.object-storage.path"})
      if (const std::string folder = metadata.Property(path, ""); !folder.empty()) folders.insert(folder);
    for (const std::string& folder : folders) {
      INGOT_ASSIGN(auto listed, ListFolder(*table_.home.storage, folder));
      for (ListedFile& file : listed)
        if (seen.insert(file.identity).second) listed_.push_back(std::move(file));
    }
    return {};
  }

  /// Whether no table needs the file and no running process is writing it.
  bool IsUnneeded(const ListedFile& file, const iceberg::Journal& journal) const {
    const bool in_trash = file.below.starts_with(kTrash);
    const bool draft = file.below.substr(file.below.rfind('/') + 1).starts_with(".draft-");
    return !shared_.uncertain && !needed_.contains(file.identity) && !shared_.needed.contains(file.identity) &&
           (in_trash || (!journal.Owns(file.file.location) && (draft || !IsHidden(file.below)) &&
                         !file.below.ends_with("version-hint.text") && !iceberg::IsJournalEntry(file.file.location)));
  }

  /// The data and delete files of all snapshots, which are read as the manifests say.
  Status Know() {
    std::vector<const iceberg::Snapshot*> snapshots;
    for (const auto& snapshot : table_.metadata->snapshots) snapshots.push_back(&snapshot);
    INGOT_ASSIGN(const auto manifests, ManifestsOf(*table_.home.storage, snapshots));
    std::vector<const iceberg::ManifestFile*> all;
    for (const auto& [location, manifest] : manifests) all.push_back(&manifest);
    return ForEachEntry(*table_.home.storage, *table_.metadata, all,
                        [&](const iceberg::ManifestFile&, iceberg::ManifestEntry& entry) {
                          if (entry.status == iceberg::EntryStatus::kDeleted || entry.file.IsDeletionVector()) return;
                          known_.emplace(storage::FileIdentity(entry.file.location), std::move(entry.file));
                        });
  }

  Status Examine(const ListedFile& file, bool unneeded) {
    auto what = unneeded && options_.deletes_all ? Result<std::string>("") : Search(file);
    if (!what && what.error().kind == ErrorKind::kNotFound) return {};  // its writer deleted it
    const bool in_trash = file.below.starts_with(kTrash);
    // Metadata in the trash may hold parts of a value, as bounds are truncated.
    const bool goes = unneeded && options_.deletes &&
                      (options_.deletes_all || !what || !what->empty() || (in_trash && FormatOf(file.below).empty()));
    const bool needed = needed_.contains(file.identity) || shared_.needed.contains(file.identity);
    if (!what && !goes && !needed) return {};  // its writer has not completed it, or crashed; then `deletes` removes it
    if (!what && !goes) return std::unexpected(std::move(what).error().Context("search " + file.file.location));
    options_.progress(file.file.bytes);
    std::lock_guard lock(mutex_);
    ++found_.files;
    found_.bytes += file.file.bytes;
    found_.files_found += what && !what->empty();
    if (goes) {
      INGOT_TRY(table_.home.storage->Delete(file.file.location));
      ++found_.deleted;
      return FaultPoint("erase.after_file");
    }
    if (!what->empty()) found_.left.push_back(file.file.location + ": " + *what);
    return {};
  }

  /// What the file holds of the erased values, as text; empty if nothing.
  Result<std::string> Search(const ListedFile& file) {
    if (options_.search.bytes(file.below) || options_.search.bytes(UrlDecode(file.below)))
      return std::string("its path holds a value");
    const auto known = known_.find(file.identity);
    if (known != known_.end()) return SearchRows(known->second);
    if (const std::string format = FormatOf(file.below); !format.empty())
      return SearchRows(DataFile{
          .location = file.file.location, .format = format, .record_count = -1, .file_bytes = file.file.bytes});
    if (file.below.ends_with(".avro")) return SearchAvro(file.file.location);
    INGOT_ASSIGN(std::string bytes, table_.home.storage->ReadAll(file.file.location));
    if (iceberg::IsMetadataFile(file.below))  // it may be compressed
      if (const auto metadata = iceberg::ReadMetadataFile(*table_.home.storage, file.file.location))
        bytes = TableMetadataToJson(*metadata);
    return std::string(options_.search.bytes(bytes) ? "its bytes hold a value" : "");
  }

  Result<std::string> SearchRows(const DataFile& file) {
    if (file.content == iceberg::FileContent::kPositionDeletes || options_.search.clean) {
      INGOT_ASSIGN(const bool stores, StoresErased(table_, file, options_.search));
      return std::string(stores ? "rows to erase" : "");
    }
    int64_t rows = 0, found = 0;
    std::string column;
    INGOT_TRY(ForEachStoredBatch(table_, StoredColumns(*table_.metadata), file, [&](const auto& batch) -> Status {
      INGOT_ASSIGN(const auto reasons, options_.search.rows(*batch));
      rows += batch->num_rows();
      found += std::ranges::count_if(reasons, [](uint8_t reason) { return reason != 0; });
      if (column.empty() && options_.search.other_column) column = options_.search.other_column(*batch);
      return {};
    }));
    std::lock_guard lock(mutex_);
    found_.rows += rows;
    found_.rows_found += found;
    if (found > 0) return std::to_string(found) + " rows to erase";
    return column.empty() ? "" : "column " + column + " holds a value";
  }

  Result<std::string> SearchAvro(const std::string& location) {
    INGOT_ASSIGN(auto input, table_.home.storage->OpenInput(location));
    INGOT_ASSIGN(auto blocks, avro::AvroBlocks::Open(std::move(input)));
    bool found = std::ranges::any_of(blocks.header().properties,
                                     [&](const auto& property) { return options_.search.bytes(property.second); });
    while (true) {
      INGOT_ASSIGN(const auto block, blocks.Next());
      if (block.rows == 0) break;
      avro::AvroReader in{block.bytes};
      for (int64_t row = 0; row < block.rows && !in.failed; ++row) found |= Holds(in.Value(*blocks.header().schema));
      if (in.failed) return Fail(ErrorKind::kCorrupt, "a damaged Avro file: " + location);
    }
    return std::string(found ? "a manifest or an Avro file holds a value" : "");
  }

  /// Whether a decoded value holds a value to erase, such as the bound of a column.
  bool Holds(const avro::AvroValue& value) const {
    if (const auto* text = std::get_if<std::string>(&value.value)) return options_.search.bytes(*text);
    const auto* list = std::get_if<avro::AvroValue::List>(&value.value);
    return list != nullptr && std::ranges::any_of(*list, [&](const avro::AvroValue& item) { return Holds(item); });
  }

  /// Local folders of partitions stay after their files, with the partition's value as their name.
  void RemoveEmptyFolders() const {
    const auto root = storage::LocalPath(table_.metadata->location);
    if (!root) return;
    std::error_code ignored;
    std::vector<std::filesystem::path> folders;
    for (std::filesystem::recursive_directory_iterator at(*root, ignored), end; at != end && !ignored;
         at.increment(ignored)) {
      const std::string name = at->path().filename().string();
      if (at->is_directory(ignored) && (options_.search.bytes(name) || options_.search.bytes(UrlDecode(name))))
        folders.push_back(at->path());
    }
    for (const auto& folder : folders)
      if (std::filesystem::is_empty(folder, ignored)) std::filesystem::remove(folder, ignored);
  }

  Table table_;
  const SearchFilesOptions& options_;
  std::vector<ListedFile> listed_;
  std::set<std::string> needed_;
  SharedFolder shared_;
  std::map<std::string, DataFile> known_;  // by identity
  std::mutex mutex_;
  FilesSearched found_;
};

}  // namespace

Result<FilesSearched> SearchFiles(const iceberg::TableHome& home, const SearchFilesOptions& options) {
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  return FileSearch(table, options).Run();
}

}  // namespace ingot::maintain
