// A table's metadata as rows, for those who ask in SQL. Source: the metadata tables of Iceberg's engines.
#pragma once

#include "base/relation.h"
#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// One row a snapshot: committed_at, snapshot_id, parent_id, sequence_number, operation, manifest_list, summary (JSON).
Result<Relation> SnapshotRows(const TableMetadata& metadata);

}  // namespace ingot::iceberg
