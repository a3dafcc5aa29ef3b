// Reading the summaries of snapshots. Source: Iceberg specification, "Snapshots", Appendix F "Optional Snapshot Summary
// Fields".
#pragma once

#include <optional>
#include <string>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// A number of the summary, 0 when absent.
int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key);

/// The value of `key` in the newest snapshot of main that has it: commits of other engines in between do not hide it.
/// Of the table's properties, when such snapshots have expired.
std::optional<std::string> NewestSummary(const TableMetadata& metadata, const std::string& key);

/// Whether all that main has had since `base` is files that were added: then nothing that was read there has changed.
bool OnlyAppended(const TableMetadata& now, std::optional<SnapshotId> base);

}  // namespace ingot::iceberg
