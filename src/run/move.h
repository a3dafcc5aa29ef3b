// Moves tables to another location (maintain/move_table.h), one or all of a catalog.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "maintain/move_table.h"
#include "run/open.h"

namespace ingot::run {

struct MoveRequest {
  std::string table;      // empty: all tables of the catalog
  std::string to;         // the new location of the table; of all tables: of the folder that has them, as a warehouse
  std::string warehouse;  // the current one. Tables keep their path below it
  int threads = 2;
  std::function<void(int64_t)> progress = [](int64_t) {};  // bytes copied
};

struct TableMove {
  std::string name;
  maintain::Moved moved;
  bool old_is_unused = false;  // no table of the catalog has files in the old folder
  std::optional<Error> error;  // why it was not moved
};

/// Returns one entry for each table. A table that fails does not prevent the others from being moved.
/// Errors: kNotFound if there is no table.
Result<std::vector<TableMove>> MoveTables(const Lakehouse& house, const MoveRequest& request);

/// The file of the default catalog, and where it would be if `to` were the warehouse. MoveTables leaves it, since it
/// may have other users. Nothing for other catalogs, and if it is there already.
std::optional<std::pair<std::string, std::string>> CatalogBesideTables(const OpenOptions& open_options,
                                                                       const std::string& to);

}  // namespace ingot::run
