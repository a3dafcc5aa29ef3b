// Runs a SQL statement on the tables of a catalog in the embedded engine, with the names that Iceberg engines accept
// (names.h), and skips files that cannot match (filter.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/relation.h"
#include "iceberg/table.h"

namespace ingot::query {

using TableRows = std::function<Result<Relation>(const iceberg::Table&)>;
/// The metadata tables of a table by suffix: "files" for "t.files".
using MetadataTables = std::map<std::string, TableRows>;

struct StatementOptions {
  int threads = 0;                 // 0: all cores
  int64_t memory_bytes = 0;        // 0: DuckDB's default
  MetadataTables metadata_tables;  // in addition to Iceberg's
};

/// Runs the statement and passes its rows to `use`. Errors: kNotFound for a table that the catalog does not contain;
/// kBadInput with the engine's message; those of `use`.
Status RunStatement(const std::shared_ptr<iceberg::Catalog>& catalog, const std::shared_ptr<storage::Storage>& storage,
                    const std::string& sql, const StatementOptions& options,
                    const std::function<Status(arrow::RecordBatchReader&)>& use);

}  // namespace ingot::query
