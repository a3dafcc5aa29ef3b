#include "base/result.h"

namespace ingot {

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kRetry:
      return "transient failure";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kOutcomeUnknown:
      return "outcome unknown";
    case ErrorKind::kBadInput:
      return "bad input";
    case ErrorKind::kBadConfig:
      return "bad config";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kExists:
      return "exists";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kPendingChange:
      return "pending change";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kInternal:
      return "internal error";
  }
  return "unknown";
}

}  // namespace ingot
