// Base of the catalogs that store only the location of a table's current metadata file. The metadata file is written
// here; swapping its location is the commit. Source: Iceberg specification, "Metastore Tables".
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/catalog.h"

namespace ingot::iceberg {

/// Reads a metadata file, compressed with gzip or not.
Result<TableMetadata> ReadMetadataFile(storage::Storage& storage, const std::string& location);

/// Whether the name is that of a metadata file: *.metadata.json, compressed with gzip or not.
bool IsMetadataFile(std::string_view location);

/// The version in a metadata file's name: 42 for "00042-….metadata.json" and "v42.metadata.json", -1 for other names.
int64_t MetadataVersion(std::string_view location);

/// Finds a table that no catalog knows: the newest metadata file in the folder. Returns nothing if the folder is empty,
/// or if the table never had a snapshot.
Result<std::optional<std::string>> MetadataWithSnapshots(storage::Storage& storage, const std::string& folder);

/// Why a table cannot be created in a folder where MetadataWithSnapshots found another table.
std::string FolderTaken(const TableName& table, const std::string& metadata_file, const std::string& folder);

/// The newest metadata file: the highest version, and among several of that version the one that was written last. A
/// commit that ended before its swap may have left such a file; its content is complete. Null if there is none.
const storage::FileInfo* NewestMetadata(const std::vector<storage::FileInfo>& files);

class LocationCatalog : public Catalog {
 public:
  Result<LoadedTable> Load(const TableName& table, const StoragePtr& storage) final;
  Result<LoadedTable> Create(const TableName& table, const TableMetadata& metadata, const StoragePtr& storage) final;
  Result<LoadedTable> Commit(const TableName& table, const LoadedTable& base, const TableMetadata& next) final;

 protected:
  /// The table's metadata location. Errors: kNotFound.
  virtual Result<std::string> Location(const TableName& table) = 0;
  /// Replaces `expected` with `next`. Errors: kConflict when the location is not `expected`, kOutcomeUnknown when the
  /// answer was lost.
  virtual Status Swap(const TableName& table, const std::string& expected, const std::string& next) = 0;

 private:
  Status CheckFolderUnused(const TableName& table, const TableMetadata& metadata, storage::Storage& storage);
  LoadedTable Cache(const TableName& table, LoadedTable loaded);
  Result<bool> SwapHappened(const TableName& table, const StoragePtr& storage, const std::string& ours);

  // A cache of each table's newest metadata, which is valid because metadata files never change.
  std::mutex mutex_;
  std::map<TableName, LoadedTable> newest_;
};

}  // namespace ingot::iceberg
