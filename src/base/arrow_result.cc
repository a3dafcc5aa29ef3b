#include "base/arrow_result.h"

#include <arrow/compute/initialize.h>
#include <arrow/util/io_util.h>

#include <cstring>

#include "base/status_detail.h"

namespace ingot {

Error FromArrow(const arrow::Status& status, ErrorKind io_kind) {
  if (const auto kept = KindOf(status)) return Error{*kept, status.message()};
  ErrorKind kind = ErrorKind::kInternal;
  if (status.IsIOError()) kind = io_kind;
  if (status.IsInvalid() || status.IsSerializationError()) kind = ErrorKind::kCorrupt;
  if (status.IsNotImplemented()) kind = ErrorKind::kUnsupported;
  if (status.IsCancelled()) kind = ErrorKind::kCancelled;
  if (status.IsOutOfMemory()) kind = ErrorKind::kRetry;
  const int cause = arrow::internal::ErrnoFromStatus(status);
  return Error{kind, status.message() + (cause == 0 ? "" : std::string(": ") + std::strerror(cause))};
}

Status InitializeKernels() {
  static const arrow::Status done = arrow::compute::Initialize();
  INGOT_ARROW(done);
  return {};
}

}  // namespace ingot
