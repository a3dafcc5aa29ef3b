#include "source/file_names.h"

namespace ingot::source {
namespace {

constexpr std::string_view kSeparators = ".-_";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view WithoutCompression(std::string_view name) {
  for (const std::string_view ending : {".gz", ".zst"})
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  return name;
}

/// Without the numbers that rotation puts behind a name.
std::string_view WithoutRotation(std::string_view name) {
  name = WithoutCompression(name);
  while (true) {
    size_t end = name.size();
    while (end > 0 && IsDigit(name[end - 1])) --end;
    if (end == name.size() || end == 0 || kSeparators.find(name[end - 1]) == std::string_view::npos) return name;
    name = name.substr(0, end - 1);
  }
}

/// Without numbers anywhere, each with the separator before it.
std::string WithoutNumbers(std::string_view name) {
  std::string without;
  for (size_t at = 0; at < name.size(); ++at) {
    const bool separator = kSeparators.find(name[at]) != std::string_view::npos;
    if (IsDigit(name[at]) || (separator && at + 1 < name.size() && IsDigit(name[at + 1]))) continue;
    without += name[at];
  }
  return without;
}

}  // namespace

bool HasCompressedEnding(std::string_view name) {
  return name.ends_with(".gz") || name.ends_with(".zst");
}

bool HasKnownEnding(std::string_view name) {
  name = WithoutCompression(name);
  for (const std::string_view ending : {".json", ".jsonl", ".ndjson", ".csv", ".tsv"})
    if (name.ends_with(ending)) return true;
  return false;
}

std::string NameOfLocation(std::string_view location) {
  return std::string(location.substr(location.rfind('/') + 1));
}

bool IsRotatedName(std::string_view name, const std::set<std::string>& names) {
  for (size_t at = 1; at < name.size(); ++at)
    if (kSeparators.find(name[at]) != std::string_view::npos && names.contains(std::string(name.substr(0, at))))
      return true;
  return false;
}

bool AreRelatedNames(std::string_view name, std::string_view before) {
  const std::string_view stem = WithoutRotation(name);
  return stem == WithoutRotation(before) || WithoutNumbers(stem) == WithoutCompression(before);
}

}  // namespace ingot::source
