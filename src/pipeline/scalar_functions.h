// The scalar functions, computed on columns in memory: their rows are beside their code.
#pragma once

#include <arrow/array.h>

#include <memory>

#include "base/result.h"

namespace ingot::pipeline {

/// `text` without spaces, tabs and line ends around it; the same array where no value has any.
Result<std::shared_ptr<arrow::Array>> Trimmed(const std::shared_ptr<arrow::Array>& text);

}  // namespace ingot::pipeline
