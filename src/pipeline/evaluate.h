// The expressions of the pipeline file computed on columns in memory. Their meaning is that of their SQL in the
// embedded dialect; what the two make of the same rows is compared in tests/judge/test_meaning.py.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "pipeline/expression.h"

namespace ingot::pipeline {

/// One value per row. `expression` has no aggregates; its columns are those of `rows`. Integers are long, numbers with
/// a point double, conditions three-valued. Errors: kBadConfig for a literal that is no value of the type it is
/// compared with.
Result<std::shared_ptr<arrow::Array>> Evaluate(const Expression& expression, const arrow::RecordBatch& rows);

/// As above, cast to the Arrow type of `type`.
Result<std::shared_ptr<arrow::Array>> EvaluateAs(const Expression& expression, const iceberg::Type& type,
                                                 const arrow::RecordBatch& rows);

}  // namespace ingot::pipeline
