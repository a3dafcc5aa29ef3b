// A SQL statement on the tables of a catalog, in the embedded engine. Names as Iceberg's engines know them (names.h);
// files that the statement cannot use are not read (filter.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/relation.h"
#include "iceberg/table.h"

namespace ingot::query {

using TableRows = std::function<Result<Relation>(const iceberg::Table&)>;
/// What can be asked about a table, by what is appended to its name: "t.files".
using MetadataTables = std::map<std::string, TableRows>;

struct StatementOptions {
  int threads = 0;                 // 0: all cores
  int64_t memory_bytes = 0;        // 0: the engine's own choice
  MetadataTables metadata_tables;  // beside Iceberg's own
};

/// Runs the statement and gives its rows to `use`. Errors: kNotFound for a table that it reads and the catalog does not
/// have; kBadInput with the engine's message; those of `use`.
Status RunStatement(const std::shared_ptr<iceberg::Catalog>& catalog, const std::shared_ptr<storage::Storage>& storage,
                    const std::string& sql, const StatementOptions& options,
                    const std::function<Status(arrow::RecordBatchReader&)>& use);

}  // namespace ingot::query
