// The tables that lie in a warehouse, whatever its catalog says: what a lost catalog is made again from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

struct FoundTable {
  std::string name;  // "namespace.table", after its folders or another catalog of the database; may be empty
  std::string folder;
  std::string metadata_location;  // the newest version
  std::string uuid;               // empty where that cannot be read
  bool several = false;           // versions of that number: the one written last was taken
  bool unregistered = false;      // taken out of a catalog on purpose
};

/// What has metadata below the warehouse, sorted by the folder of that; a folder may hold several tables. Copies in a
/// table's trash and tables that engines filled for a run are none. Where a table was made in the folder of one that
/// was taken out of the catalog on purpose it is the later one.
Result<std::vector<FoundTable>> FindTables(const Lakehouse& house, const std::string& warehouse);

/// Errors: kBadConfig for a catalog without a table beside a warehouse in which tables lie that hold snapshots.
Status RefuseLostCatalog(const Lakehouse& house, const OpenOptions& open_options);

struct RegisteredTable {
  FoundTable found;
  bool known = false;          // the catalog had it already
  std::optional<Error> error;  // why it could not be entered
};

/// Enters every table of the warehouse that the catalog does not know, or only looks which it would.
Result<std::vector<RegisteredTable>> RegisterAll(const Lakehouse& house, const std::string& warehouse, bool dry_run);

/// The newest metadata file of a table's folder. Errors: kNotFound.
Result<std::string> NewestMetadataOf(storage::Storage& storage, const std::string& folder);

}  // namespace ingot::run
