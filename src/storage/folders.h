// Local folders that a power cut does not take back, and the errors of system calls.
#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::storage {

/// "create /data/x: No space left on device", of the kind that the number of the error asks for.
Error SystemError(std::string_view doing, const std::string& path, int code = errno);

/// A system call that a signal may interrupt, until it is done.
template <typename Call>
auto Uninterrupted(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR) outcome = call();
  return outcome;
}

/// A descriptor; negative with errno set when the file cannot be opened.
int OpenFile(const std::string& path, int flags);

/// Makes the names in a folder durable: a file's bytes alone do not bring it back after a power cut.
Status SyncFolder(const std::string& path);

/// Creates the folder and those above it where they are missing, all durable.
Status MakeFolder(const std::filesystem::path& folder);

}  // namespace ingot::storage
