#include "maintain/shared_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/uuid.h"
#include "iceberg/journal.h"
#include "iceberg/location_catalog.h"
#include "maintain/needed_files.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using iceberg::TableMetadata;
using storage::CanonicalLocation;
using storage::IsInside;

/// The canonical folders of the table's current and former metadata files.
void AddMetadataFolders(const Table& table, std::set<std::string>& folders) {
  std::set<std::string> spelled{storage::ParentLocation(table.metadata_location), MetadataFolder(*table.metadata)};
  for (const auto& entry : table.metadata->metadata_log) spelled.insert(storage::ParentLocation(entry.metadata_file));
  for (const std::string& folder : spelled) folders.insert(CanonicalLocation(folder));
}

/// "staging/<uuid>/…": tables that other engines write for a run of Ingot.
bool IsStaging(std::string_view below) {
  constexpr std::string_view kStaging = "staging/";
  return below.starts_with(kStaging) && below.find('/', kStaging.size()) == kStaging.size() + kUuidTextBytes;
}

class Search {
 public:
  Search(const Table& table, const std::vector<ListedFile>& listed)
      : table_(table), listed_(listed), root_(CanonicalLocation(table.metadata->location)) {
    uuids_.insert(table.metadata->table_uuid);
    AddMetadataFolders(table, metadata_folders_);
  }

  Result<SharedFolder> Run(const std::vector<OtherTable>& others) {
    for (const OtherTable& other : others) INGOT_TRY(Add(other));
    for (const ListedFile& file : listed_)
      if (iceberg::IsMetadataFile(file.below) && !file.below.starts_with(".trash/") && !found_.Holds(file))
        INGOT_TRY(Examine(file));
    INGOT_TRY(KeepVersions());
    return std::move(found_);
  }

 private:
  void MarkUncertain(std::string why) {
    if (!found_.uncertain) found_.uncertain = std::move(why);
  }

  Status Add(const OtherTable& other) {
    if (other.location.empty()) {
      MarkUncertain("the location of table " + other.name + " is unknown");
      return {};
    }
    const std::string location = CanonicalLocation(other.location);
    bool shares = IsInside(root_, location);
    if (!shares && IsInside(location, root_)) found_.folders.push_back(location.substr(root_.size() + 1));
    for (const std::string& spelled : other.other_folders) {
      const std::string place = CanonicalLocation(spelled);
      shares = shares || IsInside(root_, place) || (IsInside(place, root_) && !IsInside(place, location));
    }
    if (!shares) return {};
    auto loaded = other.load();
    if (!loaded) {
      if (loaded.error().kind != ErrorKind::kNotFound)  // otherwise it was dropped meanwhile
        MarkUncertain("table " + other.name +
                      " may have files in the folder and cannot be read: " + loaded.error().message);
      return {};
    }
    INGOT_ASSIGN(auto needed, WithContext(NeededFiles(*loaded), "table " + other.name));
    found_.needed.merge(needed);
    uuids_.insert(loaded->metadata->table_uuid);
    AddMetadataFolders(*loaded, metadata_folders_);
    found_.sharing.push_back(*std::move(loaded));
    return {};
  }

  /// Checks whether a metadata file belongs to the table or to one that no catalog knows.
  Status Examine(const ListedFile& file) {
    if (found_.needed.contains(file.identity) || IsStaging(file.below)) return {};
    const std::string folder = storage::ParentLocation(root_ + "/" + file.below);
    if (!metadata_folders_.contains(folder)) {
      const std::string home = folder.ends_with("/metadata") ? storage::ParentLocation(folder) : folder;
      if (home.size() <= root_.size()) {
        MarkUncertain("the folder has metadata of a table that the catalog does not know: " + file.file.location);
        return {};
      }
      found_.folders.push_back(home.substr(root_.size() + 1));
      found_.notes.push_back(fmt::format(
          "skipped {}: it contains a table that the catalog does not know (ingot register NAME {})", home, home));
      return {};
    }
    if (IsOwn(file)) return {};
    auto metadata = iceberg::ReadMetadataFile(*table_.home.storage, file.file.location);
    if (!metadata && metadata.error().kind == ErrorKind::kNotFound) return {};  // its writer deleted it
    if (!metadata) {
      MarkUncertain("the folder has table metadata that cannot be read: " + metadata.error().message);
      return {};
    }
    const bool own = metadata->table_uuid == table_.metadata->table_uuid;
    if (!own) found_.needed.insert(file.identity);
    if (own ? IsOtherVersion(*metadata, file) : !uuids_.contains(metadata->table_uuid))
      versions_.emplace_back(&file, *std::move(metadata));
    return {};
  }

  bool IsOwn(const ListedFile& file) {
    if (own_.empty()) {
      own_.insert(storage::FileIdentity(table_.metadata_location));
      for (const auto& entry : table_.metadata->metadata_log) own_.insert(storage::FileIdentity(entry.metadata_file));
    }
    return own_.contains(file.identity);
  }

  /// Whether another catalog knows this version of the table. Versions older than the metadata log belong to this
  /// table. A file with Ingot's name that follows one of this table's versions is an interrupted commit.
  bool IsOtherVersion(const TableMetadata& metadata, const ListedFile& file) const {
    const auto& log = table_.metadata->metadata_log;
    const int64_t begin_ms = log.empty() ? table_.metadata->last_updated_ms : log.front().timestamp_ms;
    if (metadata.last_updated_ms < begin_ms) return false;
    const bool follows = metadata.metadata_log.empty() ||
                         own_.contains(storage::FileIdentity(metadata.metadata_log.back().metadata_file));
    return !follows || !iceberg::IsNameOfIngot(file.file.location);
  }

  /// Keeps the files that such versions need, and those of tables that no catalog knows.
  Status KeepVersions() {
    std::set<std::string> superseded;
    for (const auto& [file, metadata] : versions_)
      for (const auto& entry : metadata.metadata_log) superseded.insert(storage::FileIdentity(entry.metadata_file));
    for (const auto& [file, metadata] : versions_) {
      found_.needed.insert(file->identity);
      if (superseded.contains(file->identity)) continue;
      Table version = table_;
      version.metadata_location = file->file.location;
      version.metadata = std::make_shared<const TableMetadata>(metadata);
      auto needed = NeededFiles(version);
      if (!needed && needed.error().kind != ErrorKind::kNotFound) return std::unexpected(needed.error());
      if (needed) found_.needed.merge(*needed);
      const bool own = metadata.table_uuid == table_.metadata->table_uuid;
      found_.notes.push_back(fmt::format("skipped the files of {}, a version of {} that this catalog does not know",
                                         file->file.location, own ? "the table" : "another table"));
    }
    return {};
  }

  const Table& table_;
  const std::vector<ListedFile>& listed_;
  const std::string root_;
  std::set<std::string> metadata_folders_, uuids_, own_;
  std::vector<std::pair<const ListedFile*, TableMetadata>> versions_;
  SharedFolder found_;
};

}  // namespace

Result<std::vector<ListedFile>> ListFolder(storage::Storage& storage, const std::string& folder) {
  INGOT_ASSIGN(auto files, storage.List(folder));
  std::vector<ListedFile> listed;
  for (storage::FileInfo& file : files) {
    auto below = storage::PathBelow(file.location, folder);
    if (!below) return Fail(ErrorKind::kInternal, file.location + " was listed in " + folder + " but is not inside it");
    std::string identity = storage::FileIdentity(file.location);
    listed.push_back({std::move(file), *std::move(below), std::move(identity)});
  }
  return listed;
}

bool IsHidden(const std::string& below) {
  for (size_t begin = 0; begin < below.size();) {
    const size_t end = std::min(below.find('/', begin), below.size());
    const std::string_view part = std::string_view(below).substr(begin, end - begin);
    if ((part.starts_with('_') || part.starts_with('.')) && part.find('=') == std::string_view::npos) return true;
    begin = end + 1;
  }
  return false;
}

bool SharedFolder::Holds(const ListedFile& file) const {
  return std::ranges::any_of(folders, [&](const std::string& folder) { return IsInside(file.below, folder); });
}

Result<SharedFolder> InspectSharedFolder(const Table& table, const std::vector<ListedFile>& listed,
                                         const std::vector<OtherTable>& others) {
  return Search(table, listed).Run(others);
}

}  // namespace ingot::maintain
