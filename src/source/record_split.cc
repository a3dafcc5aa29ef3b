#include "source/record_split.h"

#include <cstring>

#include "base/json_text.h"

namespace ingot::source {
namespace {

struct Cell {
  std::string text;
  bool quoted = false;
};

/// The cells of the row at the start of `bytes`; `size` is what the row takes with its line end, 0 when it is not
/// complete.
std::vector<Cell> ReadRow(std::string_view bytes, bool at_end, size_t& size) {
  std::vector<Cell> cells(1);
  bool quoted = false;
  for (size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (quoted) {
      if (c != '"')
        cells.back().text += c;
      else if (at + 1 < bytes.size() && bytes[at + 1] == '"')
        cells.back().text += bytes[++at];
      else
        quoted = false;
    } else if (c == '"' && cells.back().text.empty()) {
      quoted = cells.back().quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      if (!cells.back().quoted && cells.back().text.ends_with('\r')) cells.back().text.pop_back();
      size = at + 1;
      return cells;
    } else if (c != '\r' || !cells.back().quoted) {
      cells.back().text += c;
    }
  }
  size = at_end ? bytes.size() : 0;
  return cells;
}

}  // namespace

size_t SplitLines(std::string_view bytes, bool at_end, std::vector<RawBatch::Record>& records) {
  size_t begin = 0;
  const auto add = [&](size_t end) {
    size_t first = begin, last = end;
    while (last > first && (bytes[last - 1] == '\r' || bytes[last - 1] == ' ' || bytes[last - 1] == '\t')) --last;
    while (first < last && (bytes[first] == ' ' || bytes[first] == '\t')) ++first;
    if (last > first)
      records.push_back({.begin = first, .size = last - first, .offset = int64_t(begin), .outside = nullptr});
  };
  while (begin < bytes.size()) {
    const void* found = std::memchr(bytes.data() + begin, '\n', bytes.size() - begin);
    if (found == nullptr) break;
    const size_t end = size_t(static_cast<const char*>(found) - bytes.data());
    add(end);
    begin = end + 1;
  }
  if (at_end && begin < bytes.size()) {
    add(bytes.size());
    begin = bytes.size();
  }
  return begin;
}

size_t CsvRows::ReadHeader(std::string_view bytes, bool at_end) {
  size_t size = 0;
  std::vector<Cell> cells = ReadRow(bytes, at_end, size);
  if (size == 0) return 0;
  for (Cell& cell : cells) names_.push_back(std::move(cell.text));
  if (!names_.empty() && names_[0].starts_with("\xEF\xBB\xBF")) names_[0].erase(0, 3);
  return size;
}

size_t CsvRows::Split(std::string_view bytes, bool at_end, std::string& json,
                      std::vector<RawBatch::Record>& records) const {
  size_t used = 0;
  while (used < bytes.size()) {
    size_t size = 0;
    const std::vector<Cell> cells = ReadRow(bytes.substr(used), at_end, size);
    if (size == 0) break;
    const bool blank = cells.size() == 1 && cells[0].text.empty();
    if (!blank) {
      const size_t begin = json.size();
      json += '{';
      // Cells beyond the header are unknown fields, kept under their number.
      for (size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) json += ',';
        AppendJsonString(json, i < names_.size() ? names_[i] : "column_" + std::to_string(i + 1));
        json += ':';
        if (cells[i].text.empty() && !cells[i].quoted)
          json += "null";
        else
          AppendJsonString(json, cells[i].text);
      }
      json += '}';
      records.push_back({.begin = begin, .size = json.size() - begin, .offset = int64_t(used), .outside = nullptr});
    }
    used += size;
  }
  return used;
}

}  // namespace ingot::source
