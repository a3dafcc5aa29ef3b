// Scans and table contents as relations for a query engine.
#pragma once

#include "base/relation.h"
#include "iceberg/scan.h"
#include "iceberg/table.h"

namespace ingot::iceberg {

/// The rows of a plan, one part per data file; reads only the columns that are asked for.
Result<Relation> RelationOf(std::shared_ptr<storage::Storage> storage, std::shared_ptr<const TableMetadata> metadata,
                            ScanPlan plan);

/// The rows of a whole table at its current snapshot, planned when the relation is opened.
Result<Relation> RelationOf(const Table& table);

/// The batch with exactly the columns of `schema`, found by name; missing ones null, narrower types widened.
Result<std::shared_ptr<arrow::RecordBatch>> AlignColumns(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                         const Schema& schema);

}  // namespace ingot::iceberg
