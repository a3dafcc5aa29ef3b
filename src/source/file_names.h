// What the names of input files tell: their format, and which may be one that was renamed or compressed.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace ingot::source {

inline constexpr const char* kKnownEndings = ".json, .jsonl, .ndjson, .csv or .tsv, also with .gz or .zst behind it";

/// Ends with one of kKnownEndings, in upper or lower case.
bool HasKnownEnding(std::string_view name);
/// Ends with .gz or .zst, in upper or lower case.
bool HasCompressedEnding(std::string_view name);
/// Without that ending.
std::string_view WithoutCompression(std::string_view name);
/// The last part of a file's location.
std::string NameOfLocation(std::string_view location);
/// Whether `name` is one of `names` with something behind it, as in app.jsonl.1.gz.
bool IsRotatedName(std::string_view name, const std::set<std::string>& names);
/// Whether a file that was called `before` may be called `name` after it was rotated or compressed: app.jsonl and
/// app.jsonl.1.gz, or app-20240719.jsonl.
bool AreRelatedNames(std::string_view name, std::string_view before);

}  // namespace ingot::source
