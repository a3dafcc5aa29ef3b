// Schemas and types as JSON documents, as other documents contain them; as text: types.h.
// Source: Iceberg specification, Appendix C "JSON serialization", "Schemas".
#pragma once

#include "base/json.h"
#include "iceberg/types.h"

namespace ingot::iceberg {

Json SchemaJson(const Schema& schema);
/// Throws JsonProblem, to be called inside Parsing() or Guarded().
Schema SchemaFrom(const Json& json);
Json TypeJson(const Type& type);
/// Throws JsonProblem, likewise.
Type TypeFrom(const Json& json);

}  // namespace ingot::iceberg
