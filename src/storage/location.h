// Locations of files: "file:///abs/path", "file:/abs/path" and plain paths name the same local file. Two spellings are
// compared by what they name, never as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::storage {

/// The local path of a location, as other engines write it: its text, or that text percent-decoded where only the file
/// of that name exists. Errors: kUnsupported for a scheme this build cannot open.
Result<std::string> LocalPath(std::string_view location);

/// An absolute `file:///…` URI of a path; a location that has a scheme stays as it is.
std::string AbsoluteLocation(std::string_view path_or_uri);

/// `directory` + "/" + `name` with exactly one slash between.
std::string JoinLocation(std::string_view directory, std::string_view name);

/// Without its last part: the folder of a file, "a/b" of "a/b/c". A location without a slash stays as it is.
std::string ParentLocation(std::string_view location);

/// The one spelling of a location: of a local one its absolute path with links resolved as far as it exists, of an
/// object `s3://bucket/key`, without a slash at the end.
std::string CanonicalLocation(std::string_view location);

/// A key that two locations have in common exactly if they name one file: device and inode of a local file that exists,
/// else the canonical location. Cost: one system call for a local file.
std::string FileIdentity(std::string_view location);

/// The part of `location` below `folder`, however both are spelled; nothing when it is not below it.
std::optional<std::string> PathBelow(std::string_view location, std::string_view folder);

/// The same of canonical locations: whether `location` is `folder` or below it.
bool IsInside(std::string_view location, std::string_view folder);

}  // namespace ingot::storage
