// Schemas and types as JSON values, for use inside larger documents. For JSON text see types.h.
#pragma once

#include "base/json.h"
#include "iceberg/types.h"

namespace ingot::iceberg {

Json SchemaJson(const Schema& schema);
/// Throws JsonProblem; call it inside ParseJsonWith() or CatchJsonProblems().
Schema SchemaFrom(const Json& json);
Json TypeJson(const Type& type);
/// Throws JsonProblem.
Type TypeFrom(const Json& json);

}  // namespace ingot::iceberg
