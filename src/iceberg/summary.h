// Reads snapshot summaries. Source: Iceberg specification, "Snapshots", Appendix F "Optional Snapshot Summary Fields".
#pragma once

#include <optional>
#include <string>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// A number of the summary; 0 if absent.
int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key);

/// The value of `key` in the newest snapshot of main that has it; commits of other engines in between are skipped. If
/// such snapshots have expired: the value in the table properties.
std::optional<std::string> NewestSummary(const TableMetadata& metadata, const std::string& key);

/// Whether main had only appends since `base`. Then files that were read at `base` have not changed.
bool OnlyAppended(const TableMetadata& now, std::optional<SnapshotId> base);

}  // namespace ingot::iceberg
