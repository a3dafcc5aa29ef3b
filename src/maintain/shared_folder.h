// Finds files of others in a table's folder: other tables of the catalog, tables that no catalog knows, and versions of
// the table that only another catalog knows. None of their files is an orphan.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

/// A table other than the maintained one, in any catalog.
struct OtherTable {
  std::string name;
  std::string location;                          // its folder; empty if unknown
  std::vector<std::string> other_folders;        // other folders with its files
  std::function<Result<iceberg::Table>()> load;  // loads its current version
};

/// A file in the table's folder.
struct ListedFile {
  storage::FileInfo file;
  std::string below;     // its path relative to the folder
  std::string identity;  // storage::FileIdentity
};

/// All files in the folder, at any depth. Errors: those of the storage.
Result<std::vector<ListedFile>> ListFolder(storage::Storage& storage, const std::string& folder);

/// Whether engines ignore the file in listings, by a name such as _delta_log or .hoodie on its path: it belongs to
/// another system. Partition folders ("_day=2026-01-01") are not hidden. Input: the path relative to the table's
/// folder.
bool IsHidden(const std::string& below);

struct SharedFolder {
  std::set<std::string> needed;          // files that other tables need, by identity
  std::vector<std::string> folders;      // relative to the table's folder; of other tables
  std::vector<iceberg::Table> sharing;   // tables with files in the same folder
  std::optional<std::string> uncertain;  // why it is unknown which files are needed
  std::vector<std::string> notes;        // for the user

  bool Holds(const ListedFile& file) const;
};

/// Errors: those of reading the manifests of a table that shares the folder.
Result<SharedFolder> InspectSharedFolder(const iceberg::Table& table, const std::vector<ListedFile>& listed,
                                         const std::vector<OtherTable>& others);

}  // namespace ingot::maintain
