// Arithmetic on columns in memory: whole numbers in 64 bits, the rest in doubles. What has no result is null, so that
// one record does not end a run (docs/pipeline-file.md).
#pragma once

#include <arrow/compute/type_fwd.h>
#include <arrow/datum.h>

#include "base/arrow_result.h"

namespace ingot::pipeline {

/// A function of Arrow's. Errors: kBadInput, with the function's name.
Result<arrow::Datum> Call(const std::string& kernel, const std::vector<arrow::Datum>& arguments,
                          const arrow::compute::FunctionOptions* options = nullptr);

/// Of another type. A large whole number becomes the nearest double; one that 32 bits do not hold becomes null.
Result<arrow::Datum> CastTo(const arrow::Datum& value, const std::shared_ptr<arrow::DataType>& type);

/// A column of that many rows.
Result<std::shared_ptr<arrow::Array>> Repeated(const arrow::Datum& value, int64_t rows);

/// `operation`: "+", "-", "*", "/" or "%". A quotient is a double; a remainder has the sign of the dividend; both are
/// null where the divisor is zero. Null where 64 bits do not hold a whole number.
Result<arrow::Datum> Arithmetic(const std::string& operation, const arrow::Datum& left, const arrow::Datum& right,
                                int64_t rows);

/// "equal", "not_equal", "less", "less_equal", "greater" or "greater_equal" of Arrow's. Whole numbers and doubles are
/// compared by their exact values.
Result<arrow::Datum> Compared(const std::string& kernel, const arrow::Datum& left, const arrow::Datum& right,
                              int64_t rows);

/// The values, whole numbers as doubles where there is a double among them.
Result<std::vector<arrow::Datum>> OneNumberType(std::vector<arrow::Datum> values);

Result<arrow::Datum> Negated(const arrow::Datum& value, int64_t rows);
Result<arrow::Datum> Absolute(const arrow::Datum& value, int64_t rows);

}  // namespace ingot::pipeline
