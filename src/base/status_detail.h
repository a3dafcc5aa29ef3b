// Passes errors through Arrow's code, which returns arrow::Status: the error kind is kept in the status's detail.
#pragma once

#include <arrow/status.h>

#include <optional>

#include "base/result.h"

namespace ingot {

/// An arrow::Status IOError that FromArrow (arrow_result.h) turns back into the same error.
arrow::Status ToArrow(const Error& error);

/// The kind that ToArrow stored; nullopt for a status that Arrow created.
std::optional<ErrorKind> KindOf(const arrow::Status& status);

}  // namespace ingot
