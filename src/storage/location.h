// Locations of files: "file:///abs/path", "file:/abs/path" and plain paths name the same local file.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::storage {

/// The local path of a location, as other engines write it; kUnsupported for a scheme this build cannot open.
Result<std::string> LocalPath(std::string_view location);

/// An absolute `file:///…` URI of a path; a location that has a scheme stays as it is.
std::string AbsoluteLocation(std::string_view path_or_uri);

/// `directory` + "/" + `name` with exactly one slash between.
std::string JoinLocation(std::string_view directory, std::string_view name);

}  // namespace ingot::storage
