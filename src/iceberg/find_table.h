// Loads a table that may not exist.
#pragma once

#include <optional>

#include "iceberg/table.h"

namespace ingot::iceberg {

/// Loads the table; nullopt when the catalog has no table of that name. Errors: those of LoadTable but kNotFound.
inline Result<std::optional<Table>> FindTable(const TableHome& home) {
  auto table = LoadTable(home);
  if (table) return std::optional(std::move(*table));
  if (table.error().kind == ErrorKind::kNotFound) return std::optional<Table>();
  return std::unexpected(std::move(table).error());
}

}  // namespace ingot::iceberg
