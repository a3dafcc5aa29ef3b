#include "base/arrow_result.h"

#include <arrow/compute/initialize.h>
#include <arrow/util/io_util.h>

#include <cstring>

#include "base/status_detail.h"

namespace ingot {
namespace {

/// Maps Arrow's status codes to error kinds. Codes not listed mean a wrong call, which is a bug.
ErrorKind KindOfCode(arrow::StatusCode code, ErrorKind io_kind) {
  switch (code) {
    case arrow::StatusCode::IOError:
      return io_kind;
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::SerializationError:
      return ErrorKind::kCorrupt;
    case arrow::StatusCode::NotImplemented:
    case arrow::StatusCode::CapacityError:
      return ErrorKind::kUnsupported;
    case arrow::StatusCode::AlreadyExists:
      return ErrorKind::kExists;
    case arrow::StatusCode::Cancelled:
      return ErrorKind::kCancelled;
    case arrow::StatusCode::OutOfMemory:
      return ErrorKind::kRetry;
    default:
      return ErrorKind::kInternal;
  }
}

}  // namespace

Error FromArrow(const arrow::Status& status, ErrorKind io_kind) {
  if (const auto kept = KindOf(status)) return Error{*kept, status.message()};
  const int cause = arrow::internal::ErrnoFromStatus(status);
  return Error{KindOfCode(status.code(), io_kind),
               status.message() + (cause == 0 ? "" : std::string(": ") + std::strerror(cause))};
}

Status InitializeKernels() {
  static const arrow::Status done = arrow::compute::Initialize();
  INGOT_ARROW(done);
  return {};
}

}  // namespace ingot
