// The names of a pipeline's tables, held against each other: two layers in one table would read what they write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/tables.h"

namespace ingot::pipeline {

/// Names that the ledger has, or will have; no table of a pipeline may take one.
inline constexpr std::string_view kReservedTables[] = {"ops.runs", "ops.quality", "ops.changes", "ops.sources"};

/// Why a table of that name is not to be made: its parts are names of folders. Empty when it may.
std::string ProblemOfTableName(std::string_view table);

struct NameClash {
  TableKind kind = TableKind::kBronze;
  size_t item = 0;  // among those of its kind
  std::string why;
};

/// The first table whose name another one has already, or the ledger. Names are compared as a catalog may keep them:
/// without the catalog's own name in front, and by ASCII case folding.
std::optional<NameClash> FindNameClash(const Pipeline& pipeline, std::string_view catalog);

}  // namespace ingot::pipeline
