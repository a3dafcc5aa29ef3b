// Evaluates the expressions of the pipeline file on columns in memory. The results are those of the SQL in the embedded
// dialect. tests/judge/test_meaning.py compares both on the same rows.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <vector>

#include "pipeline/expression.h"

namespace ingot::pipeline {

/// Input:  `expression` without aggregates; its columns are columns of `rows`.
/// Output: one value per row. Integers are long, numbers with a point are double, and conditions are three-valued.
/// Errors: kBadConfig for a literal that is not a value of the type it is compared with.
Result<std::shared_ptr<arrow::Array>> Evaluate(const Expression& expression, const arrow::RecordBatch& rows);

/// The same, cast to the Arrow type of `type`.
Result<std::shared_ptr<arrow::Array>> EvaluateAs(const Expression& expression, const iceberg::Type& type,
                                                 const arrow::RecordBatch& rows);

/// Whether the condition is true, for each row; null is not true.
Result<std::vector<bool>> TrueRows(const Expression& condition, const arrow::RecordBatch& rows);

}  // namespace ingot::pipeline
