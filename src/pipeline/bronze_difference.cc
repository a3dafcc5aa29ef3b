#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/definition_text.h"
#include "pipeline/layer_difference.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;
using enum ChangeClass;

std::vector<std::string> KeysOfPaths(const Json& paths) {
  std::vector<std::string> keys;
  for (const Json& path : paths)
    if (const auto key = path.at(0).get<std::string>(); std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  return keys;
}

/// Whether existing rows have the member in a column, so that it is not in _extra.
bool IsColumnOf(const Layer& layer, const std::string& key) {
  for (const auto& [name, field] : layer.have.at("fields").items())
    for (const Json& path : field.at("from"))
      if (path.size() == 1 && path.at(0) == key) return true;
  return false;
}

/// The class of paths that are added to what is read.
ChangeClass ClassOfPaths(const Layer& layer, const std::vector<std::string>& keys) {
  return std::ranges::any_of(keys, [&](const std::string& key) { return IsColumnOf(layer, key); }) ? kChoice : kForward;
}

void AddedField(Layer& layer, const Part& part) {
  const std::string hint = RenameHint(layer.have.at("fields"), layer.want.at("fields"), part);
  const auto keys = KeysOfPaths(part.want.at("from"));
  Difference difference{
      .what = "added", .meaning = "existing rows do not have it", .hint = hint, .kind = DifferenceKind::kAdded};
  if (part.want.contains("default"))
    difference.meaning = "existing rows do not have the default";
  else if (ClassOfPaths(layer, keys) == kForward)
    difference.change = kForward, difference.members = keys;
  else
    difference.meaning = "existing rows have this member in another column";
  layer.Add(part, Reach::kColumn, std::move(difference));
}

bool IsTime(const Json& field) {
  return field.at("type").get<std::string>().starts_with("timestamptz");
}

/// Bronze has values, not records. What it cannot give to a rebuild is said here.
constexpr std::string_view kOldDefaultHint =
    "bronze does not keep whether a record had the value of the old default: a rebuild takes it for the default";
constexpr std::string_view kPathsHint =
    "bronze does not keep at which of several paths a value was: a rebuild takes it for that of the first";
constexpr std::string_view kQuotesHint =
    "bronze does not keep which numbers were in quotes: a rebuild leaves them as they are";
constexpr std::string_view kSpellingHint =
    "bronze does not keep how a record spelled the value: a rebuild writes it in the usual form";

/// With the bytes of every record, bronze can give everything.
std::string HintOf(const Layer& layer, std::string_view limit) {
  return ValueOf(layer.have, "payload") == "all"
             ? fmt::format("of rows older than `payload: all`, {}", limit)
             : fmt::format("{}; to keep the bytes of each record from now on: bronze: {{payload: all}}", limit);
}

/// Paths that are added change only records that have their members.
void ComparePaths(Layer& layer, const Part& part, const Json& have, const Json& want) {
  Json added = Json::array();
  size_t kept = 0;
  for (const Json& path : want)
    if (kept < have.size() && path == have.at(kept))
      ++kept;
    else
      added.push_back(path);
  if (kept < have.size()) {
    const auto text = [](const Json& paths) { return paths.size() == 1 ? PathText(paths.at(0)) : ListText(paths); };
    layer.Add(part, Reach::kRows,
              {.what = ChangeText("path", text(have), text(want)),
               .meaning = "existing rows have what was at the old path",
               .hint = have.size() > 1 ? HintOf(layer, kPathsHint) : ""});
    return;
  }
  const auto keys = KeysOfPaths(added);
  const ChangeClass change = ClassOfPaths(layer, keys);
  Difference difference{
      .change = change,
      .what = (added.size() == 1 ? "path " + PathText(added.at(0)) : "paths " + ListText(added)) + " added",
      .meaning = "existing rows were read without it"};
  if (change == kForward) difference.members = keys;
  layer.Add(part, Reach::kRows, std::move(difference));
}

void CompareDefault(Layer& layer, const Part& part, const Json& have, const Json& want) {
  const auto text = [](const Json& value) { return value.is_null() ? "none" : Shown(value); };
  layer.Add(part, Reach::kColumn,
            {.what = ChangeText("default", text(have), text(want)),
             .meaning = "existing rows keep the old value",
             .hint = have.is_null() ? "" : HintOf(layer, kOldDefaultHint)});
}

/// Text is not spelled in one way only, unlike the numbers of JSON.
void CompareFieldType(Layer& layer, const Part& part, const Json& have, const Json& want) {
  CompareType(layer, part, have, want);
  if (want == "string" && (IsTime(part.have) || have == "date" || have == "uuid" || layer.have.at("format") == "csv"))
    layer.found.back().difference.hint = HintOf(layer, kSpellingHint);
}

template <const char* kWhat, const char* kMissing, Reach kReach>
void CompareValue(Layer& layer, const Part& part, const Json& have, const Json& want) {
  const auto text = [](const Json& value) { return value.is_null() ? kMissing : Shown(value); };
  layer.Add(part, kReach,
            {.what = ChangeText(kWhat, text(have), text(want)), .meaning = "existing rows keep the old value"});
}

/// A type that is no time any more has neither format nor range; the difference of the type says enough.
void CompareTimeFormat(Layer& layer, const Part& part, const Json& have, const Json& want) {
  if (!IsTime(part.have) || !IsTime(part.want)) return;
  layer.Add(
      part, Reach::kRows,
      {.what = ChangeText("unit", Shown(have), Shown(want)), .meaning = "existing rows were read in the old unit"});
}

void CompareRange(Layer& layer, const Part& part, const Json&, const Json&) {
  if (!IsTime(part.have) || !IsTime(part.want)) return;
  layer.Add(part, Reach::kRows,
            {.what = ChangeText("range", RangeText(part.have), RangeText(part.want)),
             .meaning = "existing rows were checked with the old range"});
}

/// In CSV all values are text, so that only the change of the format counts.
void CompareCoerce(Layer& layer, const Part& part, const Json& have, const Json& want) {
  const Json before = layer.have.at("format"), after = layer.want.at("format");
  if (before != after && (before == "csv" || after == "csv")) return;
  const auto text = [](const Json& value) { return value.is_null() ? "false" : Shown(value); };
  layer.Add(part, Reach::kRows,
            {.what = ChangeText("coerce", text(have), text(want)),
             .meaning = "existing rows hold numbers in quotes as before",
             .hint = have == true ? HintOf(layer, kQuotesHint) : ""});
}

constexpr char kFactor[] = "factor of from_unit", kOne[] = "1";
constexpr Member kFieldMembers[] = {
    {"type", CompareFieldType}, {"from", ComparePaths},      {"factor", CompareValue<kFactor, kOne, Reach::kColumn>},
    {"coerce", CompareCoerce},  {"default", CompareDefault}, {"time_format", CompareTimeFormat},
    {"time_min", CompareRange}, {"time_max", CompareRange},  {"time_max_after_now", CompareRange}};
constexpr Section kFields{DifferingPart::kField, AddedField, RemovedColumn, kFieldMembers};

void CompareFormat(Layer& layer, const Part& part, const Json& have, const Json& want) {
  layer.Add(part, Reach::kRows,
            {.change = kForward,
             .what = ChangeText("format", Shown(have), Shown(want)),
             .meaning = "existing rows were read in the old format"});
}

void CompareCsv(Layer& layer, const Part& part, const Json& have, const Json& want) {
  if (have.is_null() || want.is_null()) return;  // the format differs
  layer.Add(part, Reach::kRows,
            {.change = kForward,
             .what = ChangeText("csv", Shown(have), Shown(want)),
             .meaning = "existing rows were read in the old format"});
}

template <const char* kColumn>
void CompareKept(Layer& layer, const Part& part, const Json&, const Json& want) {
  layer.Add(part, Reach::kTable,
            {.change = kForward,
             .what = fmt::format("column {} {}", kColumn, want.get<bool>() ? "added" : "removed"),
             .meaning = want.get<bool>() ? "existing rows do not have it" : "existing rows keep it"});
}

void CompareExtra(Layer& layer, const Part& part, const Json& have, const Json& want) {
  layer.Add(part, Reach::kTable,
            {.what = ChangeText("extra", Shown(have), Shown(want)),
             .meaning = "existing rows have unknown members in the old type"});
}

void ComparePayload(Layer& layer, const Part& part, const Json& have, const Json& want) {
  const auto text = [](const Json& value) { return value.is_null() ? "errors" : Shown(value); };
  layer.Add(part, Reach::kTable,
            {.change = kForward,
             .what = ChangeText("payload", text(have), text(want)),
             .meaning = want == "all" ? "existing rows do not have the bytes of their records"
                                      : "existing rows keep the bytes of their records"});
}

constexpr char kKey[] = "_key", kHeaders[] = "_headers";
constexpr Member kBronze[] = {{"format", CompareFormat},
                              {"csv", CompareCsv},
                              {"fields", CompareSectionOf<kFields>},
                              {"keep_key", CompareKept<kKey>},
                              {"keep_headers", CompareKept<kHeaders>},
                              {"payload", ComparePayload},
                              {"extra", CompareExtra}};

}  // namespace

std::vector<LayerDifference> BronzeDifferences(const Json& have, const Json& want) {
  return CompareLayer(have, want, kBronze);
}

}  // namespace ingot::pipeline
