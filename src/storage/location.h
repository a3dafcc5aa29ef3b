// Locations of files: "file:///abs/path", "file:/abs/path" and "/abs/path" name the same local file. Compare locations
// with the functions below, never as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::storage {

/// The local path of a `file:` URI or a plain path. A URI is percent-decoded only when the file exists under the
/// decoded name alone, since most engines write paths unencoded. Errors: kUnsupported for any other scheme.
Result<std::string> LocalPath(std::string_view location);

/// The absolute `file:///…` URI of a path or `file:` URI. Locations of other schemes are returned unchanged.
std::string AbsoluteLocation(std::string_view path_or_uri);

/// `directory` + "/" + `name` with exactly one slash between.
std::string JoinLocation(std::string_view directory, std::string_view name);

/// `location` without its last part: "a/b" for "a/b/c". A location without a slash is returned unchanged.
std::string ParentLocation(std::string_view location);

/// The canonical form of a location, without a trailing slash: an absolute path with symbolic links resolved as far as
/// the path exists, or `s3://bucket/key`.
std::string CanonicalLocation(std::string_view location);

/// A key that is equal for two locations exactly when they name the same file: device and inode of an existing local
/// file, else the canonical location. Cost: one system call for a local file.
std::string FileIdentity(std::string_view location);

/// The path of `location` relative to `folder`, in whatever form both are written; nullopt when it is not below it.
std::optional<std::string> PathBelow(std::string_view location, std::string_view folder);

/// Whether `location` is `folder` or below it. Both must be canonical.
bool IsInside(std::string_view location, std::string_view folder);

}  // namespace ingot::storage
