#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "base/spelling.h"
#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

struct Unit {
  std::string name;
  char quantity;  // r: rate, t: time, b: amount of data, c: share
  double scale;
};

const std::vector<Unit>& Units() {
  static const std::vector<Unit> units{
      {"bit/s", 'r', 1},  {"kbit/s", 'r', 1e3}, {"Mbit/s", 'r', 1e6}, {"Gbit/s", 'r', 1e9}, {"B/s", 'r', 8},
      {"kB/s", 'r', 8e3}, {"MB/s", 'r', 8e6},   {"ns", 't', 1e-9},    {"us", 't', 1e-6},    {"ms", 't', 1e-3},
      {"s", 't', 1},      {"min", 't', 60},     {"h", 't', 3600},     {"B", 'b', 1},        {"kB", 'b', 1e3},
      {"MB", 'b', 1e6},   {"GB", 'b', 1e9},     {"1", 'c', 1},        {"%", 'c', 0.01}};
  return units;
}

Result<const Unit*> Find(const std::string& name) {
  std::vector<std::string> names;
  for (const Unit& unit : Units()) {
    if (unit.name == name || (name == "µs" && unit.name == "us")) return &unit;
    names.push_back(unit.name);
  }
  return Fail(ErrorKind::kBadConfig, fmt::format("unknown unit '{}'{}: write one of {}, or leave it out", name,
                                                 DidYouMean(name, names), fmt::join(names, ", ")));
}

}  // namespace

Result<double> ConvertUnit(const std::string& from, const std::string& to) {
  INGOT_ASSIGN(const Unit* source, Find(from));
  INGOT_ASSIGN(const Unit* target, Find(to));
  if (source->quantity != target->quantity)
    return Fail(ErrorKind::kBadConfig, "'" + from + "' cannot be converted to '" + to + "'");
  // Whole ratios are exact: 1e-6 / 1e-3 is not 0.001 in binary, but 1 / 1000 rounds to 0.001.
  const double ratio = source->scale / target->scale, inverse = target->scale / source->scale;
  const double whole = double(int64_t(inverse + 0.5));
  return inverse > 1 && inverse - whole < 1e-6 * inverse && whole - inverse < 1e-6 * inverse ? 1 / whole : ratio;
}

Result<std::string> ExpandEnvironment(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at, 2) != "${") {
      out += text[at++];
      continue;
    }
    const size_t close = text.find('}', at);
    if (close == std::string_view::npos)
      return Fail(ErrorKind::kBadConfig, "'}' is missing in '" + std::string(text) + "'");
    const std::string_view inner = text.substr(at + 2, close - at - 2);
    const size_t split = inner.find(":-");
    const std::string name(inner.substr(0, split));
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0')
      out += value;
    else if (split != std::string_view::npos)
      out += inner.substr(split + 2);
    else
      return Fail(ErrorKind::kBadConfig,
                  "environment variable " + name + " is not set (write ${" + name + ":-default} for a default)");
    at = close + 1;
  }
  return out;
}

}  // namespace ingot::pipeline
