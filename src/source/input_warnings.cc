#include "source/input_warnings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/lower_case.h"
#include "base/spelling.h"
#include "source/file_names.h"

namespace ingot::source {
namespace {

using Kind = InputWarning::Kind;

/// Names that are given to files after they were read: a.jsonl.done, a.csv_old.
bool IsMarkedName(const std::string& name) {
  for (size_t at = 1; at < name.size(); ++at)
    if ((name[at] == '.' || name[at] == '_' || name[at] == '-') && HasKnownEnding(name.substr(0, at))) return true;
  return false;
}

/// What to do about files with an ending that is not read.
std::string AdviceOn(const std::string& name) {
  const size_t dot = name.rfind('.');
  const std::string ending = dot == std::string::npos ? "" : LowerCase(name.substr(dot));
  for (const char* packed : {".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".lz4", ".rar"})
    if (ending == packed) return "unpack them, or compress them with gzip or zstd";
  for (const char* other : {".parquet", ".avro", ".orc", ".xml", ".xlsx", ".xls", ".arrow", ".feather"})
    if (ending == other) return "convert them to JSON or CSV";
  return "give them such a name";
}

}  // namespace

std::optional<InputWarning> WarningOfNames(const std::string& folder, const FileListing& listing, bool read_before) {
  constexpr size_t kShownMax = 3;
  if (!listing.failures.empty() || std::ranges::any_of(listing.files, &InputFile::known_name)) return std::nullopt;
  std::vector<std::string> names;
  for (const InputFile& file : listing.files)
    if (!read_before || !IsMarkedName(NameOfLocation(file.location))) names.push_back(file.path);
  if (names.empty() && read_before) return std::nullopt;
  if (names.empty())
    return InputWarning{
        .kind = Kind::kNoInputFiles,
        .subject = "",
        .message = fmt::format("the folder {} has no files to read: names of input files end with {}. Is it the right "
                               "folder? See files in the pipeline file, and --source",
                               folder, kKnownEndings)};
  const std::string advice = AdviceOn(names[0]);
  const size_t files = names.size();
  names.resize(std::min(files, kShownMax));
  return InputWarning{.kind = Kind::kNoInputFiles,
                      .subject = "",
                      .message = fmt::format("no file in {} is read, e.g. {}{}: names of input files end with {}; {}",
                                             folder, fmt::join(names, ", "),
                                             files > kShownMax ? fmt::format(" and {} more", files - kShownMax) : "",
                                             kKnownEndings, advice)};
}

void HeaderWarnings::Restart(bool follow) {
  files_ = 0;
  missing_.clear();
  if (!follow) unknown_.clear();
}

void HeaderWarnings::Add(const std::string& path, const CsvRows& header, const std::string& error) {
  unknown_.erase(path);
  if (header.HeaderIsUnknown()) unknown_[path] = error;
  if (!header.HasHead()) return;
  ++files_;
  for (const std::string& column : header.FieldsWithoutColumn()) {
    Missing& missing = missing_[column];
    if (missing.files++ > 0) continue;
    missing.first = path;
    missing.unread = header.UnreadColumns();
  }
}

std::vector<InputWarning> HeaderWarnings::All() const {
  std::vector<InputWarning> warnings;
  for (const auto& [path, error] : unknown_)
    warnings.push_back({.kind = Kind::kUnknownHeader, .subject = path, .message = error});
  for (const auto& [column, missing] : missing_) {
    const std::string files = missing.files == 1
                                  ? "file " + missing.first
                                  : fmt::format("{} of {} files, e.g. {}", missing.files, files_, missing.first);
    warnings.push_back(
        {.kind = Kind::kMissingColumn,
         .subject = column,
         .message = fmt::format("{}: the header has no column for {}: null in {} rows{}", files, column,
                                missing.files == 1 ? "its" : "their", DidYouMean(column, missing.unread))});
  }
  return warnings;
}

}  // namespace ingot::source
