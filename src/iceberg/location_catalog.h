// Catalogs that keep only where a table's current metadata file is: the metadata is written here, the swap of the
// location is the commit. Source: Iceberg specification, "Metastore Tables".
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/catalog.h"

namespace ingot::iceberg {

/// Reads a metadata file, gzip or plain.
Result<TableMetadata> ReadMetadataFile(storage::Storage& storage, const std::string& location);

/// Whether the file is a version of a table's metadata, by its name: *.metadata.json, plain or gzip.
bool IsMetadataFile(std::string_view location);

/// "00042-….metadata.json" and "v42.metadata.json": 42; -1 for another name.
int64_t MetadataVersion(std::string_view location);

/// What a folder of metadata holds although no catalog names it: the newest version of a table that was written to.
/// Nothing for an empty folder, and for one in which a table was made that never had a snapshot.
Result<std::optional<std::string>> MetadataWithSnapshots(storage::Storage& storage, const std::string& folder);

/// The newest of metadata files: the highest version, of several the one that was written last. A commit that died
/// before its swap may have left such a one, too; what it says was written wholly. Null when there is none.
const storage::FileInfo* NewestMetadata(const std::vector<storage::FileInfo>& files);

class LocationCatalog : public Catalog {
 public:
  Result<LoadedTable> Load(const TableName& table, const StoragePtr& storage) final;
  Result<LoadedTable> Create(const TableName& table, const TableMetadata& metadata, const StoragePtr& storage) final;
  Result<LoadedTable> Commit(const TableName& table, const LoadedTable& base, const TableMetadata& next) final;

 protected:
  /// The metadata location. Errors: kNotFound.
  virtual Result<std::string> Location(const TableName& table) = 0;
  /// Swaps `expected` for `next`. Errors: kConflict when it is not `expected` any more, kOutcomeUnknown when the answer
  /// was lost.
  virtual Status Swap(const TableName& table, const std::string& expected, const std::string& next) = 0;

 private:
  Status RefuseTakenFolder(const TableName& table, const TableMetadata& metadata, storage::Storage& storage);
  LoadedTable Remember(const TableName& table, LoadedTable loaded);
  Result<bool> SwapHappened(const TableName& table, const StoragePtr& storage, const std::string& ours);

  // The newest metadata of each table that was asked for: a file of metadata never changes.
  std::mutex mutex_;
  std::map<TableName, LoadedTable> newest_;
};

}  // namespace ingot::iceberg
