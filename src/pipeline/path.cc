#include <charconv>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

Result<Path> ParsePath(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return Fail(ErrorKind::kBadConfig, "not a path: '" + std::string(text) + "': " + std::string(why) +
                                           " (write $.a.b[0].c, [-1] or [last] for the last)");
  };
  if (!text.starts_with('$')) return refuse("it must begin with $");
  Path path;
  for (size_t at = 1; at < text.size();) {
    if (text[at] == '.') {
      const size_t begin = ++at;
      while (at < text.size() && text[at] != '.' && text[at] != '[') ++at;
      if (at == begin) return refuse("an empty key");
      path.push_back({.key = std::string(text.substr(begin, at - begin)), .index = std::nullopt});
      continue;
    }
    if (text[at] != '[') return refuse("expected '.' or '['");
    const size_t close = text.find(']', at);
    if (close == std::string_view::npos) return refuse("']' is missing");
    const std::string_view inner = text.substr(at + 1, close - at - 1);
    at = close + 1;
    if (inner.size() >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner.back() == inner[0]) {
      path.push_back({.key = std::string(inner.substr(1, inner.size() - 2)), .index = std::nullopt});
      continue;
    }
    int index = inner == "last" ? -1 : 0;
    if (inner != "last" && inner != "first") {
      const auto [end, error] = std::from_chars(inner.data(), inner.data() + inner.size(), index);
      if (error != std::errc() || end != inner.data() + inner.size())
        return refuse("an index must be a whole number, 'first' or 'last'");
    }
    path.push_back({.key = "", .index = index});
  }
  if (path.empty() || path[0].key.empty()) return refuse("it must name a key of the document");
  return path;
}

}  // namespace ingot::pipeline
