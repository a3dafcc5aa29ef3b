#include "source/file_names.h"

#include <algorithm>

#include "base/lower_case.h"

namespace ingot::source {
namespace {

constexpr std::string_view kSeparators = ".-_";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsSeparator(char c) {
  return kSeparators.find(c) != std::string_view::npos;
}

/// With ASCII case folding, because other systems name files DATA.CSV.
bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() >= ending.size() && LowerCase(name.substr(name.size() - ending.size())) == ending;
}

/// Returns the name without the numbers that rotation appends.
std::string_view WithoutRotation(std::string_view name) {
  name = WithoutCompression(name);
  while (true) {
    size_t end = name.size();
    while (end > 0 && IsDigit(name[end - 1])) --end;
    if (end == name.size() || end == 0 || !IsSeparator(name[end - 1])) return name;
    name = name.substr(0, end - 1);
  }
}

/// Whether `name` is `before` with only digits and separators inserted, e.g. app-1-20240719.jsonl and app-1.jsonl.
bool HasInsertedNumber(std::string_view name, std::string_view before) {
  if (name.size() <= before.size()) return false;
  const auto differ = std::ranges::mismatch(name, before);
  const size_t prefix = size_t(differ.in2 - before.begin());
  for (size_t begin = 0; begin <= prefix; ++begin) {
    const std::string_view inserted = name.substr(begin, name.size() - before.size());
    const bool number = std::ranges::any_of(inserted, IsDigit) && std::ranges::any_of(inserted, IsSeparator) &&
                        std::ranges::all_of(inserted, [](char c) { return IsDigit(c) || IsSeparator(c); });
    if (number && name.ends_with(before.substr(begin))) return true;
  }
  return false;
}

/// Returns the name without its numbers, each removed with the separator before it.
std::string WithoutNumbers(std::string_view name) {
  std::string without;
  for (size_t at = 0; at < name.size(); ++at) {
    const bool separator = IsSeparator(name[at]);
    if (IsDigit(name[at]) || (separator && at + 1 < name.size() && IsDigit(name[at + 1]))) continue;
    without += name[at];
  }
  return without;
}

}  // namespace

std::string_view WithoutCompression(std::string_view name) {
  for (const std::string_view ending : {".gz", ".zst"})
    if (EndsWith(name, ending)) return name.substr(0, name.size() - ending.size());
  return name;
}

bool HasCompressedEnding(std::string_view name) {
  return WithoutCompression(name).size() < name.size();
}

bool HasKnownEnding(std::string_view name) {
  name = WithoutCompression(name);
  for (const std::string_view ending : {".json", ".jsonl", ".ndjson", ".csv", ".tsv"})
    if (EndsWith(name, ending)) return true;
  return false;
}

std::string NameOfLocation(std::string_view location) {
  return std::string(location.substr(location.rfind('/') + 1));
}

bool IsRotatedName(std::string_view name, const std::set<std::string>& names) {
  for (size_t at = 1; at < name.size(); ++at)
    if (IsSeparator(name[at]) && names.contains(std::string(name.substr(0, at)))) return true;
  return false;
}

bool AreRelatedNames(std::string_view name, std::string_view before) {
  const std::string_view stem = WithoutRotation(name), plain = WithoutCompression(before);
  return stem == WithoutRotation(before) || WithoutNumbers(stem) == plain || HasInsertedNumber(stem, plain) ||
         HasInsertedNumber(WithoutCompression(name), plain);
}

}  // namespace ingot::source
