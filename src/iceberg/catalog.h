// Where tables are found by name, and the one place where two writers meet: the compare-and-swap of a table's metadata.
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

/// "bronze.speedtest_raw" or "iceberg_catalog.bronze.speedtest_raw". Errors: kBadInput.
Result<TableName> ParseTableName(std::string_view text, std::string_view catalog_name);

/// A table as the catalog has it.
struct LoadedTable {
  std::string metadata_location;
  std::shared_ptr<const TableMetadata> metadata;
  std::shared_ptr<storage::Storage> storage;  // for its files: the one given, or one with credentials from the catalog
};

/// A table as the catalog names it, without its metadata being read.
struct CatalogEntry {
  std::string catalog;  // the name of the catalog that it is in: several may share one database
  TableName name;
  std::string metadata_location;  // empty where only loading the table tells
};

/// Safe from every thread. Errors of any call: kRetry when the catalog cannot be reached, kBadConfig for bad
/// credentials.
class Catalog {
 public:
  using StoragePtr = std::shared_ptr<storage::Storage>;
  virtual ~Catalog() = default;

  virtual const std::string& Name() const = 0;
  virtual Status CreateNamespace(const std::string& space) = 0;  // one that exists is no error
  virtual Result<std::vector<std::string>> ListNamespaces() = 0;
  virtual Result<std::vector<TableName>> ListTables() = 0;
  /// All tables that can be seen, those of other catalogs in the same database too.
  virtual Result<std::vector<CatalogEntry>> Entries();
  /// Whether new tables should leave their location to the catalog.
  virtual bool ChoosesLocations() const { return false; }
  /// Errors: kNotFound.
  virtual Result<LoadedTable> Load(const TableName& table, const StoragePtr& storage) = 0;
  /// A location that `metadata` lacks is chosen by the catalog. Errors: kExists.
  virtual Result<LoadedTable> Create(const TableName& table, const TableMetadata& metadata,
                                     const StoragePtr& storage) = 0;
  /// Puts `next` in the place of `base`, if the table is still at `base`. A lost answer is looked into here.
  /// Errors: kConflict when the table has moved on, kRetry when nothing happened, kOutcomeUnknown when the table does
  /// not show it, but it may still land.
  virtual Result<LoadedTable> Commit(const TableName& table, const LoadedTable& base, const TableMetadata& next) = 0;
  /// Enters a table that has metadata already. Errors: kExists.
  virtual Status Register(const TableName& table, const std::string& metadata_location) = 0;
  /// Forgets the table; its files stay. Errors: kNotFound.
  virtual Status Drop(const TableName& table) = 0;
};

}  // namespace ingot::iceberg
