#include "source/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>

#include "base/row_hash.h"
#include "base/utf8.h"

namespace ingot::source {
namespace {

constexpr std::string_view kPlainPrefix = "file://", kEscapedPrefix = "file://localhost";

int64_t Nanoseconds(const statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

Result<FileStat> Stat(int folder, const char* path, int flags, const std::string& name) {
  struct statx found{};
  if (statx(folder, path, flags, STATX_BASIC_STATS | STATX_BTIME, &found) != 0) {
    const int error = errno;
    const bool gone = error == ENOENT || error == ENOTDIR;
    return Fail(gone ? ErrorKind::kNotFound : ErrorKind::kRetry, name + ": " + std::strerror(error));
  }
  return FileStat{.device = makedev(found.stx_dev_major, found.stx_dev_minor),
                  .inode = found.stx_ino,
                  .born_ns = (found.stx_mask & STATX_BTIME) != 0 ? Nanoseconds(found.stx_btime) : 0,
                  .stored_bytes = int64_t(found.stx_size),
                  .modified_ns = Nanoseconds(found.stx_mtime),
                  .changed_ns = Nanoseconds(found.stx_ctime)};
}

}  // namespace

bool IsSameFile(const FileStat& a, const FileStat& b) {
  const bool same_birth = a.born_ns == b.born_ns || a.born_ns == 0 || b.born_ns == 0;
  return a.inode != 0 && a.inode == b.inode && a.device == b.device && same_birth;
}

Result<FileStat> StatFile(const std::string& path) {
  return Stat(AT_FDCWD, path.c_str(), 0, "file " + path);
}

Result<FileStat> StatFile(int descriptor) {
  return Stat(descriptor, "", AT_EMPTY_PATH, "descriptor " + std::to_string(descriptor));
}

uint64_t HashContent(std::string_view bytes) {
  const uint64_t hash = HashText(bytes, 1);
  return hash == 0 ? 1 : hash;
}

void ContentTrace::Add(std::string_view bytes) {
  constexpr size_t kHead = kHeadBytes, kTail = kTailBytes;
  if (head_.size() < kHead) head_.append(bytes.substr(0, kHead - head_.size()));
  if (bytes.size() >= kTail) {
    tail_.assign(bytes.substr(bytes.size() - kTail));
    return;
  }
  const size_t size = tail_.size() + bytes.size();
  if (size > kTail) tail_.erase(0, size - kTail);
  tail_.append(bytes);
}

std::string FileLocation(const std::string& path) {
  if (IsUtf8(path)) return std::string(kPlainPrefix) + path;
  return std::string(kEscapedPrefix) + PercentEncodeInvalidUtf8(path);
}

std::string PathOfLocation(std::string_view location) {
  if (!location.starts_with(kEscapedPrefix)) {
    if (location.starts_with(kPlainPrefix)) location.remove_prefix(kPlainPrefix.size());
    return std::string(location);
  }
  location.remove_prefix(kEscapedPrefix.size());
  std::string path;
  for (size_t i = 0; i < location.size(); ++i) {
    if (location[i] == '%' && i + 2 < location.size()) {
      path += char(std::stoi(std::string(location.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      path += location[i];
    }
  }
  return path;
}

}  // namespace ingot::source
