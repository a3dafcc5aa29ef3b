// Recomputes the rows of bronze by another definition from what bronze holds: the columns, _extra and _payload.
#pragma once

#include <string>

#include "stage/environment.h"
#include "iceberg/table.h"

namespace ingot::bronze {

/// Replaces all rows in one commit, while other writers append rows by the definition `before`. Rows that are appended
/// meanwhile are recomputed too. Columns whose field is unchanged keep their values. A changed or new column is computed
/// from the column that had the field's path, from _extra, or from _payload.
/// Input:  `summary`: added to the snapshot.
/// Errors: kConflict if the table no longer has the definition `before`.
Status Rebuild(const stage::Environment& environment, const iceberg::Table& bronze, const std::string& before,
               const iceberg::Properties& summary);

}  // namespace ingot::bronze
