// The offset ranges of a bronze table's snapshots as rows: gaps and overlaps are one query. Source:
// docs/exactly-once.md.
#pragma once

#include "base/relation.h"
#include "iceberg/metadata.h"

namespace ingot::bronze {

/// One row a snapshot and partition: committed_at, snapshot_id, sequence_number, topic, partition, begin_offset,
/// end_offset (of what was added, half-open), reset_from (where the table was before, when an operator moved it).
/// Errors: kCorrupt.
Result<Relation> OffsetRows(const iceberg::TableMetadata& metadata);

}  // namespace ingot::bronze
