// The interface of catalogs: they find a table's current metadata file by the table's name, and swap it for the next
// one by compare-and-swap. That swap decides which of two concurrent commits succeeds.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

struct TableName {
  std::string space;  // namespace levels joined by dots
  std::string name;

  std::string Text() const { return space + "." + name; }
  auto operator<=>(const TableName&) const = default;
};

/// Takes "bronze.speedtest_raw" and "iceberg_catalog.bronze.speedtest_raw". Errors: kBadInput.
Result<TableName> ParseTableName(std::string_view text, std::string_view catalog_name);

/// A table at its current version.
struct LoadedTable {
  std::string metadata_location;
  std::shared_ptr<const TableMetadata> metadata;
  std::shared_ptr<storage::Storage> storage;  // the one given, or one with credentials from the catalog
};

/// A table in the catalog's list; its metadata has not been read.
struct CatalogEntry {
  std::string catalog;  // its catalog: several catalogs may share one database
  TableName name;
  std::string metadata_location;  // empty if only Load() returns it
};

/// Thread-safe. Errors of every call: kRetry when the catalog cannot be reached, kBadConfig for invalid credentials.
class Catalog {
 public:
  using StoragePtr = std::shared_ptr<storage::Storage>;
  virtual ~Catalog() = default;

  virtual const std::string& Name() const = 0;
  virtual Status CreateNamespace(const std::string& space) = 0;  // succeeds if it exists
  virtual Result<std::vector<std::string>> ListNamespaces() = 0;
  virtual Result<std::vector<TableName>> ListTables() = 0;
  /// All visible tables, including those of other catalogs in the same database.
  virtual Result<std::vector<CatalogEntry>> Entries();
  /// Whether the catalog chooses the locations of new tables.
  virtual bool ChoosesLocations() const { return false; }
  /// Errors: kNotFound.
  virtual Result<LoadedTable> Load(const TableName& table, const StoragePtr& storage) = 0;
  /// If `metadata` has no location, the catalog chooses one. Errors: kExists.
  virtual Result<LoadedTable> Create(const TableName& table, const TableMetadata& metadata,
                                     const StoragePtr& storage) = 0;
  /// Replaces `base` with `next` if the table is still at `base`. If the response is lost, the table is read again.
  /// Errors: kConflict when another commit replaced `base`, kRetry when nothing was changed, kOutcomeUnknown when the
  /// table does not have `next` but the commit may still succeed.
  virtual Result<LoadedTable> Commit(const TableName& table, const LoadedTable& base, const TableMetadata& next) = 0;
  /// Adds a table that already has metadata. Errors: kExists.
  virtual Status Register(const TableName& table, const std::string& metadata_location) = 0;
  /// Removes the table from the catalog and keeps its files. Errors: kNotFound.
  virtual Status Drop(const TableName& table) = 0;
};

}  // namespace ingot::iceberg
