// Checks that the table names of a pipeline are distinct. Two layers in one table would read the rows that they write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/tables.h"

namespace ingot::pipeline {

/// Names that the ledger uses or will use. No table of a pipeline may have one of them.
inline constexpr std::string_view kReservedTables[] = {"ops.runs", "ops.quality", "ops.changes", "ops.sources"};

/// The reason why a table name is not allowed; empty if it is allowed. The parts of a name become names of folders.
std::string ProblemOfTableName(std::string_view table);

struct NameClash {
  TableKind kind = TableKind::kBronze;
  size_t item = 0;  // index among the tables of its kind
  std::string why;
};

/// The first table whose name is already used by another table or by the ledger. Names are compared without the prefix
/// of the catalog and with ASCII case folding, because a catalog may store them so.
std::optional<NameClash> FindNameClash(const Pipeline& pipeline, std::string_view catalog);

}  // namespace ingot::pipeline
