// The offset ranges of a bronze table's snapshots as rows, so that one query finds gaps and overlaps.
// Source: docs/exactly-once.md.
#pragma once

#include "base/relation.h"
#include "iceberg/metadata.h"

namespace ingot::bronze {

/// Returns one row per snapshot and partition.
/// Output: columns committed_at, snapshot_id, sequence_number, topic, partition, begin_offset and end_offset (the range
///   that was added, half-open), and reset_from (the table's previous offset, when an operator moved it).
/// Errors: kCorrupt.
Result<Relation> OffsetRows(const iceberg::TableMetadata& metadata);

}  // namespace ingot::bronze
