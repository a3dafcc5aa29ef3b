// Comparison of values in memory as expressions mean it: a literal takes the type of what it is compared with.
#pragma once

#include <arrow/datum.h>

#include "pipeline/expression.h"

namespace ingot::pipeline {

/// A value and what it was written as.
struct Operand {
  arrow::Datum value;
  const Expression& source;
};

/// `kernel` as in Compared (arithmetic.h). Errors: kBadConfig for text that is no value of the type it is compared
/// with.
Result<arrow::Datum> Compare(const std::string& kernel, const Operand& left, const Operand& right, int64_t rows);

/// `then` where the condition is true, `otherwise` where it is false or null.
Result<arrow::Datum> Choose(const arrow::Datum& condition, const arrow::Datum& then, const arrow::Datum& otherwise);

/// A null that has no type yet gets one.
arrow::Datum Typed(const arrow::Datum& value, const std::shared_ptr<arrow::DataType>& type);

}  // namespace ingot::pipeline
