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

bool IsThere(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// The file that a path in a URI names. Most engines take the text as it stands; others encode what they write, so that
/// only the file of the decoded name is there. A file to be made goes where the folders of the path are.
std::string PathInUri(std::string path) {
  const size_t escape = path.find('%');
  if (escape == std::string::npos || IsThere(path)) return path;
  std::string decoded = UrlDecode(path);
  if (IsThere(decoded)) return decoded;
  const size_t begin = path.rfind('/', escape) + 1, end = std::min(path.find('/', escape), path.size());
  const std::string part = path.substr(begin, end - begin), folder = path.substr(0, begin);
  const bool partition = part.find('=') != std::string::npos;  // "time=10%3A00" is a name like any other
  return !partition && !IsThere(folder + part) && IsThere(folder + UrlDecode(part)) ? decoded : path;
}

std::string WithoutSlashesAtTheEnd(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// With links resolved as far as the path exists.
std::string Resolved(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path);
  const fs::path resolved = fs::weakly_canonical(absolute, error);
  return WithoutSlashesAtTheEnd((error ? absolute.lexically_normal() : resolved).string());
}

/// Absolute, without "." and doubled slashes. ".." behind a link is somewhere else than its text says.
std::string Absolute(const fs::path& path) {
  const fs::path absolute = fs::absolute(path);
  if (std::ranges::find(absolute, fs::path("..")) != absolute.end()) return Resolved(absolute);
  return WithoutSlashesAtTheEnd(absolute.lexically_normal().string());
}

std::optional<std::string> PathBelowText(const std::string& location, const std::string& folder) {
  if (location.size() <= folder.size() || !IsInside(location, folder)) return std::nullopt;
  return location.substr(folder.ends_with('/') ? folder.size() : folder.size() + 1);
}

/// Without touching the disk.
std::string Spelled(std::string_view location) {
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
  return Fail(ErrorKind::kUnsupported, "no storage for scheme '" + std::string(location.substr(0, colon)) + "' of " +
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
      return WithoutSlashesAtTheEnd("s3://" + std::string(location.substr(scheme.size())));
  return WithoutSlashesAtTheEnd(std::string(location));
}

std::string FileIdentity(std::string_view location) {
  const auto path = LocalPath(location);
  struct stat file{};
  if (path && ::stat(path->c_str(), &file) == 0) return fmt::format("{}:{}", file.st_dev, file.st_ino);
  return CanonicalLocation(location);
}

std::optional<std::string> PathBelow(std::string_view location, std::string_view folder) {
  if (auto below = PathBelowText(Spelled(location), Spelled(folder))) return below;
  return PathBelowText(CanonicalLocation(location), CanonicalLocation(folder));
}

bool IsInside(std::string_view location, std::string_view folder) {
  return location.starts_with(folder) &&
         (location.size() == folder.size() || folder.ends_with('/') || location[folder.size()] == '/');
}

}  // namespace ingot::storage
