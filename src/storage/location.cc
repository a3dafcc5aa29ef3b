#include "storage/location.h"

#include <filesystem>

namespace ingot::storage {

Result<std::string> LocalPath(std::string_view location) {
  if (location.starts_with("file:")) {
    location.remove_prefix(5);
    if (location.starts_with("//")) {
      location.remove_prefix(2);
      if (location.starts_with("localhost/")) location.remove_prefix(9);
    }
    return std::string(location);
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
  std::string absolute = std::filesystem::absolute(path).lexically_normal().string();
  while (absolute.size() > 1 && absolute.ends_with('/')) absolute.pop_back();
  return "file://" + absolute;
}

std::string JoinLocation(std::string_view directory, std::string_view name) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  while (name.starts_with('/')) name.remove_prefix(1);
  return std::string(directory) + "/" + std::string(name);
}

}  // namespace ingot::storage
