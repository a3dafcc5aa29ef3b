// DuckDB's types for Arrow's.
#pragma once

#include <arrow/type.h>

#include "base/result.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// The caller destroys the type. Errors: kUnsupported.
Result<duckdb_logical_type> ToLogicalType(const arrow::Field& field);

}  // namespace ingot::sql
