// Maps Arrow types to DuckDB types.
#pragma once

#include <arrow/type.h>

#include "base/result.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// The DuckDB type of a field, which the caller destroys. Errors: kUnsupported.
Result<duckdb_logical_type> ToLogicalType(const arrow::Field& field);

}  // namespace ingot::sql
