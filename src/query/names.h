// Rewrites what Iceberg engines accept in SQL and the embedded engine does not: time travel (FOR VERSION AS OF) and
// metadata tables (t.snapshots).
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "iceberg/table.h"

namespace ingot::query {

/// A snapshot id, the name of a branch or tag, or a timestamp in microseconds.
struct AsOf {
  std::variant<iceberg::SnapshotId, std::string> version;
  std::optional<int64_t> time_micros;
};

struct RewrittenSql {
  std::string sql;
  std::map<iceberg::TableName, std::pair<iceberg::TableName, AsOf>>
      as_of;  // table and version by the name used in `sql`
};

/// Gives `t FOR VERSION AS OF 12`, `t FOR VERSION AS OF 'tag'` and `t FOR TIMESTAMP AS OF '2026-01-01 12:00:00'` names
/// of their own; FOR is optional, TIMESTAMP may precede the literal. Replaces `t.snapshots` after FROM or JOIN with
/// "t$snapshots", for all `metadata_tables`. Only names of `tables` are rewritten, with or without the `catalog`
/// prefix. Errors: kBadInput for an invalid timestamp.
Result<RewrittenSql> RewriteNames(const std::string& sql, const std::vector<iceberg::TableName>& tables,
                                  const std::set<std::string>& metadata_tables, const std::string& catalog);

/// The snapshot that `as_of` means. Errors: kNotFound for an unknown snapshot, branch or tag, or a timestamp before the
/// table's first snapshot.
Result<iceberg::SnapshotId> ResolveAsOf(const iceberg::TableMetadata& metadata, const AsOf& as_of,
                                        const std::string& table);

}  // namespace ingot::query
