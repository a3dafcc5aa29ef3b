// Arithmetic on columns in memory. Whole numbers are computed in 64 bits, all other numbers as doubles. An operation
// without a result gives null, so that one record does not end a run (docs/pipeline-file.md).
#pragma once

#include <arrow/compute/type_fwd.h>
#include <arrow/datum.h>

#include "base/arrow_result.h"

namespace ingot::pipeline {

/// Calls the Arrow compute function `kernel`. Errors: kBadInput; the message has the name of the function.
Result<arrow::Datum> Call(const std::string& kernel, const std::vector<arrow::Datum>& arguments,
                          const arrow::compute::FunctionOptions* options = nullptr);

/// Casts `value` to `type`. A large whole number becomes the nearest double. A whole number that does not fit into 32
/// bits becomes null.
Result<arrow::Datum> CastTo(const arrow::Datum& value, const std::shared_ptr<arrow::DataType>& type);

/// Output: a column of `rows` rows. A single value is repeated; a column is returned unchanged.
Result<std::shared_ptr<arrow::Array>> Repeated(const arrow::Datum& value, int64_t rows);

/// Input:  `operation`: "+", "-", "*", "/" or "%".
/// Output: a quotient is a double, and a remainder has the sign of the dividend. Both are null if the divisor is zero.
///         A whole number that does not fit into 64 bits is null.
Result<arrow::Datum> Arithmetic(const std::string& operation, const arrow::Datum& left, const arrow::Datum& right,
                                int64_t rows);

/// Input: `kernel`: "equal", "not_equal", "less", "less_equal", "greater" or "greater_equal", as Arrow names them.
/// Whole numbers and doubles are compared by their exact values.
Result<arrow::Datum> Compared(const std::string& kernel, const arrow::Datum& left, const arrow::Datum& right,
                              int64_t rows);

/// Casts whole numbers to doubles if one of the values is a double. Otherwise returns the values unchanged.
Result<std::vector<arrow::Datum>> OneNumberType(std::vector<arrow::Datum> values);

/// Null if the result is a whole number that does not fit into 64 bits.
Result<arrow::Datum> Negated(const arrow::Datum& value, int64_t rows);
Result<arrow::Datum> Absolute(const arrow::Datum& value, int64_t rows);

}  // namespace ingot::pipeline
