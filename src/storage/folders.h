// Durable creation of local folders, and errors of system calls.
#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::storage {

/// The error of a failed system call, e.g. "create /data/x: No space left on device". `code` (errno) decides its kind.
Error SystemError(std::string_view doing, const std::string& path, int code = errno);

/// Repeats a system call while a signal interrupts it.
template <typename Call>
auto RetryOnInterrupt(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR) outcome = call();
  return outcome;
}

/// Opens a file. Returns its descriptor, or a negative number with errno set.
int OpenFile(const std::string& path, int flags);

/// Syncs a folder, which makes the names of its files durable: a synced file whose name is not synced is lost in a
/// power failure.
Status SyncFolder(const std::string& path);

/// Creates the folder and its missing parents, all durable.
Status MakeFolder(const std::filesystem::path& folder);

}  // namespace ingot::storage
