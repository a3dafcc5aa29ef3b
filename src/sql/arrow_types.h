// DuckDB's types for Arrow's.
#pragma once

#include <arrow/type.h>
#include <duckdb.h>

#include "base/result.h"

namespace ingot::sql {

/// The caller destroys the type. Errors: kUnsupported.
Result<duckdb_logical_type> ToLogicalType(const arrow::Field& field);

}  // namespace ingot::sql
