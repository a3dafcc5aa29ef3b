// Errors on their way through Arrow's own code, which knows a Status and no kinds: the kind is kept beside the Status.
#pragma once

#include <arrow/status.h>

#include <optional>

#include "base/result.h"

namespace ingot {

/// An IOError of Arrow that FromArrow (arrow_result.h) turns into the same error again.
arrow::Status ToArrow(const Error& error);

/// The kind that ToArrow kept; nothing for a Status of Arrow's own.
std::optional<ErrorKind> KindOf(const arrow::Status& status);

}  // namespace ingot
