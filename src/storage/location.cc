#include "storage/location.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/url_encoding.h"

namespace ingot::storage {
namespace {

namespace fs = std::filesystem;

bool PathExists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// The path of a URI. Most engines write it unencoded, others percent-encode it: the decoded path is taken when only
/// that one exists, or, for a new file, when only the decoded form of its first encoded folder exists.
std::string PathInUri(std::string path) {
  const size_t escape = path.find('%');
  if (escape == std::string::npos || PathExists(path)) return path;
  std::string decoded = UrlDecode(path);
  if (PathExists(decoded)) return decoded;
  const size_t begin = path.rfind('/', escape) + 1, end = std::min(path.find('/', escape), path.size());
  const std::string part = path.substr(begin, end - begin), folder = path.substr(0, begin);
  const bool partition =
      part.find('=') != std::string::npos;  // partition folders such as "time=10%3A00" are encoded on disk, too
  return !partition && !PathExists(folder + part) && PathExists(folder + UrlDecode(part)) ? decoded : path;
}

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// The absolute path with symbolic links resolved as far as it exists.
std::string Resolved(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path);
  const fs::path resolved = fs::weakly_canonical(absolute, error);
  return WithoutTrailingSlashes((error ? absolute.lexically_normal() : resolved).string());
}

/// The absolute path without "." and doubled slashes. Links are resolved only when it contains "..", whose meaning
/// depends on them.
std::string Absolute(const fs::path& path) {
  const fs::path absolute = fs::absolute(path);
  if (std::ranges::find(absolute, fs::path("..")) != absolute.end()) return Resolved(absolute);
  return WithoutTrailingSlashes(absolute.lexically_normal().string());
}

std::optional<std::string> TextBelow(const std::string& location, const std::string& folder) {
  if (location.size() <= folder.size() || !IsInside(location, folder)) return std::nullopt;
  return location.substr(folder.ends_with('/') ? folder.size() : folder.size() + 1);
}

/// The location in normalized text, with links not resolved.
std::string NormalizedText(std::string_view location) {
  const auto path = LocalPath(location);
  return path ? Absolute(*path) : CanonicalLocation(location);
}

}  // namespace

Result<std::string> LocalPath(std::string_view location) {
  if (location.starts_with("file:")) {
    location.remove_prefix(5);
    if (location.starts_with("//")) {
      location.remove_prefix(2);
      if (location.starts_with("localhost/")) location.remove_prefix(9);
    }
    return PathInUri(std::string(location));
  }
  const auto colon = location.find("://");
  if (colon == std::string_view::npos) return std::string(location);
  return Fail(ErrorKind::kUnsupported, "unsupported scheme '" + std::string(location.substr(0, colon)) + "' of " +
                                           std::string(location) +
                                           ": use a directory, file:///path or s3://bucket/prefix");
}

std::string AbsoluteLocation(std::string_view path_or_uri) {
  std::string path(path_or_uri);
  if (path_or_uri.starts_with("file:")) {
    const auto local = LocalPath(path_or_uri);
    if (!local) return path;
    path = *local;
  } else if (path_or_uri.find("://") != std::string_view::npos) {
    return path;
  }
  return "file://" + Absolute(path);
}

std::string ParentLocation(std::string_view location) {
  return std::string(location.substr(0, std::min(location.rfind('/'), location.size())));
}

std::string JoinLocation(std::string_view directory, std::string_view name) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  while (name.starts_with('/')) name.remove_prefix(1);
  return std::string(directory) + "/" + std::string(name);
}

std::string CanonicalLocation(std::string_view location) {
  if (const auto path = LocalPath(location)) return Resolved(*path);
  for (const std::string_view scheme : {"s3a://", "s3n://"})
    if (location.starts_with(scheme))
      return WithoutTrailingSlashes("s3://" + std::string(location.substr(scheme.size())));
  return WithoutTrailingSlashes(std::string(location));
}

std::string FileIdentity(std::string_view location) {
  const auto path = LocalPath(location);
  struct stat file{};
  if (path && ::stat(path->c_str(), &file) == 0) return fmt::format("{}:{}", file.st_dev, file.st_ino);
  return CanonicalLocation(location);
}

std::optional<std::string> PathBelow(std::string_view location, std::string_view folder) {
  if (auto below = TextBelow(NormalizedText(location), NormalizedText(folder))) return below;
  return TextBelow(CanonicalLocation(location), CanonicalLocation(folder));
}

bool IsInside(std::string_view location, std::string_view folder) {
  return location.starts_with(folder) &&
         (location.size() == folder.size() || folder.ends_with('/') || location[folder.size()] == '/');
}

}  // namespace ingot::storage
