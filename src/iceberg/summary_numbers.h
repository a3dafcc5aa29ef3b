// Parses numbers in snapshot summaries and properties, whose values are text. No other code parses them.
// Source: Iceberg specification, Appendix F "Optional Snapshot Summary Fields".
#pragma once

#include <optional>
#include <string>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// The value of a property as a whole number; nullopt when it is absent or not a number.
std::optional<int64_t> FindNumber(const Properties& properties, const std::string& key);

/// NewestSummary as a number; nullopt when it is not one.
std::optional<int64_t> NewestSummaryNumber(const TableMetadata& metadata, const std::string& key);

/// Whether the summary reports no removed rows: no removed data file and no added delete file.
bool RemovesNothing(const Snapshot& snapshot);

}  // namespace ingot::iceberg
