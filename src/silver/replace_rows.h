// Commits a step that follows deletes: the rows of bronze that are gone are deleted, and the new files added, in one
// snapshot.
#pragma once

#include "silver/changed_rows.h"
#include "stage/stage.h"

namespace ingot::silver {

/// Input:  `change`: of stage::MarkedChange; its files are deleted when the commit is known to have failed.
/// Errors: kConflict when another run was first; those of maintain::DeleteRowsOf.
Status CommitReplacing(const stage::Environment& environment, const iceberg::Table& table,
                       const std::vector<const SourcePositions*>& gone, const iceberg::SnapshotChange& change);

/// Logs what another engine deleted or changed in bronze, and what became of it in silver.
/// Input: `changed`: nullptr if silver keeps its rows; `new_rows`: the rows of the step that silver had not consumed.
Status ReportChangedRows(const stage::Environment& environment, const iceberg::Table& bronze, const std::string& silver,
                         const stage::Changes& changes, const ChangedRows* changed, int64_t new_rows);

}  // namespace ingot::silver
