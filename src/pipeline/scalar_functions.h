// The scalar functions, computed on columns in memory. Their rows (functions.h) are in the same file as their code.
#pragma once

#include <arrow/array.h>

#include <memory>

#include "base/result.h"

namespace ingot::pipeline {

/// Removes leading and trailing spaces, tabs and line ends. Returns the same array if no value has any.
Result<std::shared_ptr<arrow::Array>> Trimmed(const std::shared_ptr<arrow::Array>& text);

}  // namespace ingot::pipeline
