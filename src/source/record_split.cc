#include "source/record_split.h"

#include <cstring>

#include "base/json_text.h"

namespace ingot::source {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

RawBatch::Record RecordAt(std::string_view bytes, size_t begin, size_t end) {
  while (begin < end && IsBlank(bytes[begin])) ++begin;
  while (begin < end && IsBlank(bytes[end - 1])) --end;
  return {.begin = begin, .size = end - begin, .offset = int64_t(begin), .outside = nullptr};
}

/// Splits the array that begins at `at` into elements. False when the array does not end with the bytes.
bool SplitArray(std::string_view bytes, size_t at, std::vector<RawBatch::Record>& records) {
  size_t begin = ++at;
  int64_t depth = 0;
  while (at < bytes.size()) {
    const char c = bytes[at];
    if (c == '"') {
      at = JsonStringEnd(bytes, at);
      continue;
    }
    const bool closes = c == ']' && depth == 0;
    if (closes || (c == ',' && depth == 0)) {
      const RawBatch::Record record = RecordAt(bytes, begin, at);
      const bool none = record.size == 0 && closes && records.empty();
      if (record.size == 0 && !none) return false;
      if (!none) records.push_back(record);
      begin = at + 1;
    }
    if (closes) return RecordAt(bytes, begin, bytes.size()).size == 0;
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    ++at;
  }
  return false;
}

}  // namespace

size_t SplitLines(std::string_view bytes, Rest rest, std::vector<RawBatch::Record>& records) {
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
  if (rest == Rest::kNone && begin < bytes.size()) {
    add(bytes.size());
    begin = bytes.size();
  }
  return begin;
}

void SplitDocument(std::string_view bytes, std::vector<RawBatch::Record>& records) {
  const RawBatch::Record document = RecordAt(bytes, 0, bytes.size());
  if (document.size == 0) return;
  if (bytes[document.begin] == '[' && SplitArray(bytes, document.begin, records)) return;
  records.assign(1, {.begin = 0, .size = bytes.size(), .offset = 0, .outside = nullptr});
}

}  // namespace ingot::source
