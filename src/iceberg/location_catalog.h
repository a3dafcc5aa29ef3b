// Catalogs that keep only where a table's current metadata file is: the metadata is written here, the swap of the
// location is the commit. Source: Iceberg specification, "Metastore Tables".
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "iceberg/catalog.h"

namespace ingot::iceberg {

/// Reads a metadata file, gzip or plain.
Result<TableMetadata> ReadMetadataFile(storage::Storage& storage, const std::string& location);

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
  LoadedTable Remember(const TableName& table, LoadedTable loaded);
  Result<bool> SwapHappened(const TableName& table, const StoragePtr& storage, const std::string& ours);

  // The newest metadata of each table that was asked for: a file of metadata never changes.
  std::mutex mutex_;
  std::map<TableName, LoadedTable> newest_;
};

}  // namespace ingot::iceberg
