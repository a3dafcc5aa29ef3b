// The outcome of everything that can fail: a value or an Error whose kind names the remedy.
// No exception crosses a room; adapters translate at their edge.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ingot {

enum class ErrorKind {
  kRetry,           ///< transient: the same call may succeed later
  kConflict,        ///< another writer committed first: reload and try again on the new state
  kOutcomeUnknown,  ///< the response was lost: read the state before doing anything else
  kBadInput,        ///< the data or the request is wrong
  kBadConfig,       ///< a flag, an environment variable or the pipeline file is wrong
  kNotFound,        ///< a file, table, column or snapshot does not exist
  kExists,          ///< what should be created exists already
  kUnsupported,     ///< valid, but not supported by this version
  kPendingChange,   ///< the pipeline file and a table differ, and the user has not decided about existing rows
  kCorrupt,         ///< stored bytes violate their format
  kCancelled,       ///< stopped on request
  kInternal,        ///< a bug of ours
};

/// The kind as it appears in messages, logs and metric labels, e.g. "bad config".
std::string_view ErrorKindName(ErrorKind kind);

struct Error {
  ErrorKind kind;
  std::string message;

  /// Puts the failed operation in front of the message: "read manifest: file is truncated".
  Error Context(std::string_view doing) && {
    message = std::string(doing) + ": " + message;
    return std::move(*this);
  }
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

/// `result`, with the failed operation in front of its error message.
template <typename T>
Result<T> WithContext(Result<T> result, std::string_view doing) {
  if (!result) return std::unexpected(std::move(result).error().Context(doing));
  return result;
}

}  // namespace ingot

#define INGOT_CONCAT_INNER(a, b) a##b
#define INGOT_CONCAT(a, b) INGOT_CONCAT_INNER(a, b)

/// Returns the error of `expression` from the enclosing function, if it has one.
#define INGOT_TRY(expression)                                                     \
  do {                                                                            \
    auto&& ingot_outcome = (expression);                                          \
    if (!ingot_outcome) return std::unexpected(std::move(ingot_outcome).error()); \
  } while (false)

/// Declares `target` from the value of `expression`, or returns its error.
#define INGOT_ASSIGN(target, expression) \
  INGOT_ASSIGN_INNER(INGOT_CONCAT(ingot_result_, __COUNTER__), target, expression)
#define INGOT_ASSIGN_INNER(result, target, expression)            \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  target = std::move(*result)
