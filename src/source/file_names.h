// Derives from file names the format, and which names may belong to a renamed or compressed file.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace ingot::source {

inline constexpr const char* kKnownEndings = ".json, .jsonl, .ndjson, .csv or .tsv, also with .gz or .zst behind it";

/// Whether the name ends with one of kKnownEndings, in upper or lower case.
bool HasKnownEnding(std::string_view name);
/// Whether the name ends with .gz or .zst, in upper or lower case.
bool HasCompressedEnding(std::string_view name);
/// Returns the name without .gz or .zst.
std::string_view WithoutCompression(std::string_view name);
/// Returns the last component of a file's location.
std::string NameOfLocation(std::string_view location);
/// Whether `name` is one of `names` with a suffix, as in app.jsonl.1.gz.
bool IsRotatedName(std::string_view name, const std::set<std::string>& names);
/// Whether rotation or compression may rename a file from `before` to `name`: app.jsonl to app.jsonl.1.gz or
/// app-20240719.jsonl.
bool AreRelatedNames(std::string_view name, std::string_view before);

}  // namespace ingot::source
