// What else lives in a table's folder: other tables of the catalog, tables that no catalog names, versions of the table
// that another catalog has. Nothing of theirs is an orphan.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

/// A table beside the one that is maintained, whatever catalog it is in.
struct OtherTable {
  std::string name;
  std::string location;             // its folder, as it says itself or as its catalog has it; empty when nobody knows
  std::vector<std::string> places;  // where its files are besides
  std::function<Result<iceberg::Table>()> load;  // as it is at that time
};

/// A file in the table's folder.
struct ListedFile {
  storage::FileInfo file;
  std::string below;     // its path below the folder
  std::string identity;  // storage::FileIdentity
};

struct Neighbours {
  std::set<std::string> needed;          // files that others need, by identity
  std::vector<std::string> folders;      // below the table's folder, as ListedFile::below has them: left alone
  std::vector<iceberg::Table> sharing;   // whose files lie among those of the table
  std::optional<std::string> uncertain;  // why nobody can tell which files are needed
  std::vector<std::string> notes;        // to be told to the user

  bool Holds(const ListedFile& file) const;
};

/// Errors: those of reading the manifests of a table that shares the folder.
Result<Neighbours> FindNeighbours(const iceberg::Table& table, const std::vector<ListedFile>& listed,
                                  const std::vector<OtherTable>& others);

}  // namespace ingot::maintain
