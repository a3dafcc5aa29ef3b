// Finds the tables of a warehouse by their files, without its catalog: a lost catalog is rebuilt from them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

struct FoundTable {
  std::string name;  // "namespace.table", from its folders or another catalog of the database; may be empty
  std::string folder;
  std::string metadata_location;  // the newest version
  std::string uuid;               // empty if it cannot be read
  bool several = false;           // several versions have that number: the one written last is used
  bool unregistered = false;      // deliberately removed from a catalog
};

/// Returns every table with metadata below the warehouse, sorted by metadata folder. A folder may hold several tables.
/// Copies in a table's trash and staging tables of other engines are ignored. If a table was created in the folder of
/// an unregistered table, the later table is returned.
Result<std::vector<FoundTable>> FindTables(const Lakehouse& house, const std::string& warehouse);

/// Errors: kBadConfig when the catalog is empty but the warehouse contains tables with snapshots.
Status CheckCatalogNotLost(const Lakehouse& house, const OpenOptions& open_options);

/// Errors: kBadConfig when the catalog lacks tables of the pipeline whose folders in the warehouse have a table with
/// snapshots that was not unregistered. Cost: reads the list of tables; lists one folder for each table that is not in
/// it.
Status CheckTablesNotLost(const stage::Environment& environment);

struct RegisteredTable {
  FoundTable found;
  bool known = false;          // the catalog already had it
  std::optional<Error> error;  // why it could not be registered
};

struct RegisterAllOptions {
  bool dry_run = false;  // only reports the tables
};

/// Registers the tables that the catalog does not know, from FindTables.
Result<std::vector<RegisteredTable>> RegisterAll(const Lakehouse& house, const std::vector<FoundTable>& found,
                                                 const RegisterAllOptions& options = {});

/// Returns the location of the newest metadata file in a table's folder. Errors: kNotFound.
Result<std::string> NewestMetadataOf(storage::Storage& storage, const std::string& folder);

}  // namespace ingot::run
