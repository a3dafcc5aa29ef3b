// The offsets in a bronze snapshot's summary: what has been ingested of each partition, carried from snapshot to
// snapshot. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <map>
#include <string>

#include "iceberg/table.h"
#include "source/source.h"

namespace ingot::bronze {

struct OffsetRange {
  int64_t begin = 0;
  int64_t end = 0;
};
using OffsetRanges = std::map<source::PartitionId, OffsetRange>;

/// {"topic": {"0": 1200}}
std::string PositionsToJson(const source::Positions& positions);
Result<source::Positions> PositionsFromJson(const std::string& json);
/// {"topic": {"0": [1000, 1200]}}
std::string RangesToJson(const OffsetRanges& ranges);

/// The positions that main has reached; empty for a table without any. Errors: kCorrupt when they cannot be found
/// although the table says that there were some.
Result<source::Positions> ReadPositions(storage::Storage& storage, const iceberg::TableMetadata& metadata);

/// Puts the positions into `summary`, in a file of their own when they are many. `written` gets that file's location.
Status WritePositions(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                      const source::Positions& positions, iceberg::Properties& summary, std::string& written);

/// The positions after `ranges`. Errors: kConflict when a range does not begin where the table is: another writer was
/// first.
Result<source::Positions> Advance(source::Positions positions, const OffsetRanges& ranges);

}  // namespace ingot::bronze
