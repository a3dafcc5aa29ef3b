// What the engines of Iceberg understand of names in a statement, and the embedded one does not: the past of a table,
// and its metadata under its name.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "iceberg/table.h"

namespace ingot::query {

/// A snapshot id, the name of a branch or tag, or a point in time in microseconds.
struct AsOf {
  std::variant<iceberg::SnapshotId, std::string> version;
  std::optional<int64_t> time_micros;
};

struct RewrittenSql {
  std::string sql;
  std::map<iceberg::TableName, std::pair<iceberg::TableName, AsOf>> past;  // by the name that stands in `sql`
};

/// `t FOR VERSION AS OF 12`, `t FOR VERSION AS OF 'tag'`, `t FOR TIMESTAMP AS OF '2026-01-01 12:00:00'` (FOR may be
/// left out, TIMESTAMP may stand before the text) become names of their own; `t.snapshots` after FROM or JOIN becomes
/// "t$snapshots", for all `asides`. Only names of `tables` are looked at, with or without `catalog` before them.
/// Errors: kBadInput for a time that cannot be read.
Result<RewrittenSql> RewriteNames(const std::string& sql, const std::vector<iceberg::TableName>& tables,
                                  const std::set<std::string>& asides, const std::string& catalog);

/// Errors: kNotFound for a snapshot, branch or tag that the table does not know, or a time before its history.
Result<iceberg::SnapshotId> ResolveAsOf(const iceberg::TableMetadata& metadata, const AsOf& as_of,
                                        const std::string& table);

}  // namespace ingot::query
