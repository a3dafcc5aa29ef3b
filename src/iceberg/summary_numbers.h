// Numbers in the summaries of snapshots and in properties, which are texts: read here alone, so that what is not a
// number is never taken for one. Source: Iceberg specification, Appendix F "Optional Snapshot Summary Fields".
#pragma once

#include <optional>
#include <string>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// The whole number that a property holds; nullopt when it is absent or not a number.
std::optional<int64_t> FindNumber(const Properties& properties, const std::string& key);

/// NewestSummary as a number; nullopt when it is not one.
std::optional<int64_t> NewestSummaryNumber(const TableMetadata& metadata, const std::string& key);

/// Whether the summary says of no row that it was removed: no file was taken out, no delete file was added.
bool RemovesNothing(const Snapshot& snapshot);

}  // namespace ingot::iceberg
