// Translates Arrow's Status and Result at the edge of a room.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/result.h"

namespace ingot {

/// Maps Arrow's status codes to error kinds. An IOError becomes `io_kind`: only storage can tell that it is transient.
/// An error that went through ToArrow (status_detail.h) keeps its own kind.
Error FromArrow(const arrow::Status& status, ErrorKind io_kind = ErrorKind::kCorrupt);

/// Registers Arrow's compute functions beyond its core (casts, sorting, comparisons). Call before the first use; later
/// calls cost nothing.
Status InitializeKernels();

}  // namespace ingot

#define INGOT_ARROW(expression)                                                       \
  do {                                                                                \
    auto ingot_status = (expression);                                                 \
    if (!ingot_status.ok()) return std::unexpected(::ingot::FromArrow(ingot_status)); \
  } while (false)

#define INGOT_ARROW_ASSIGN(target, expression) \
  INGOT_ARROW_ASSIGN_INNER(INGOT_CONCAT(ingot_arrow_, __COUNTER__), target, expression)
#define INGOT_ARROW_ASSIGN_INNER(result, target, expression)                     \
  auto result = (expression);                                                    \
  if (!result.ok()) return std::unexpected(::ingot::FromArrow(result.status())); \
  target = std::move(result).ValueUnsafe()
