// Compares values in memory as expressions do: a literal takes the type of the other operand.
#pragma once

#include <arrow/datum.h>

#include "pipeline/expression.h"

namespace ingot::pipeline {

/// A value and the expression that it was computed from.
struct Operand {
  arrow::Datum value;
  const Expression& source;
};

/// Input:  `kernel` as in Compared (arithmetic.h).
/// Errors: kBadConfig for text that is not a value of the type it is compared with.
Result<arrow::Datum> Compare(const std::string& kernel, const Operand& left, const Operand& right, int64_t rows);

/// Output: `then` in rows where the condition is true, `otherwise` in rows where it is false or null.
Result<arrow::Datum> Choose(const arrow::Datum& condition, const arrow::Datum& then, const arrow::Datum& otherwise);

/// Gives `type` to a null without a type. Returns every other value unchanged.
arrow::Datum Typed(const arrow::Datum& value, const std::shared_ptr<arrow::DataType>& type);

}  // namespace ingot::pipeline
