#include "source/csv_text.h"

#include <algorithm>
#include <optional>

namespace ingot::source {
namespace {

using End = CsvRow::End;

constexpr std::string_view kLineEnds = "\r\n";

/// The position after the line end that begins at `at`.
size_t BehindLineEnd(std::string_view text, size_t at) {
  return at + (text.substr(at, 2) == kLineEnds ? 2 : 1);
}

/// The bytes of the lines that an unclosed quote at `begin` may affect.
size_t LinesOfOpenQuote(std::string_view text, size_t begin, const CsvDialect& dialect) {
  const size_t first = text.find_first_of(kLineEnds, begin);
  if (first == std::string_view::npos) return text.size();
  if (!dialect.multiline) return BehindLineEnd(text, first);
  if (text.size() - begin <= kMultilineBytesMax) return text.size();
  const size_t last = text.find_last_of(kLineEnds, begin + kMultilineBytesMax);
  return BehindLineEnd(text, last == std::string_view::npos || last < first ? first : last);
}

/// Reads the quoted cell whose text begins at `begin`, after its quote. Returns the position of the closing quote;
/// nothing when the row ends here, with the reason in `row`.
std::optional<size_t> ReadQuoted(std::string_view text, size_t begin, const CsvDialect& dialect, bool at_end,
                                 CsvRow& row) {
  CsvCell cell{.quoted = true};
  size_t close = begin;
  bool found = false;
  while (!found) {
    close = std::min(text.find(dialect.quote, close), text.size());
    if (close + 1 >= text.size() && (!at_end || close == text.size())) break;
    found = close + 1 == text.size() || text[close + 1] != dialect.quote;
    if (found) break;
    cell.doubled = true;
    close += 2;
  }
  const bool too_long = close - begin > kMultilineBytesMax;
  const bool open = (!found && at_end) || ((too_long || !dialect.multiline) &&
                                           text.substr(begin, close - begin).find_first_of(kLineEnds) != text.npos);
  if (open) {
    row.end = End::kOpenQuote;
    row.size = LinesOfOpenQuote(text, begin, dialect);
    return std::nullopt;
  }
  if (!found) return std::nullopt;
  cell.text = text.substr(begin, close - begin);
  row.cells.push_back(cell);
  return close;
}

/// Whether the cell ends at `at`, after a closing quote. If not, `row` gets the reason.
bool EndsCell(std::string_view text, size_t at, const CsvDialect& dialect, bool at_end, CsvRow& row) {
  if (at == text.size() || text[at] == dialect.delimiter || text[at] == '\r' || text[at] == '\n') return true;
  const size_t line_end = text.find_first_of(kLineEnds, at);
  if (line_end == std::string_view::npos && !at_end) return false;
  row.end = End::kTextAfterQuote;
  row.size = line_end == std::string_view::npos ? text.size() : BehindLineEnd(text, line_end);
  return false;
}

}  // namespace

std::string CellText(const CsvCell& cell, const CsvDialect& dialect) {
  std::string text;
  for (size_t i = 0; i < cell.text.size(); ++i) {
    text += cell.text[i];
    if (cell.doubled && cell.text[i] == dialect.quote) ++i;
  }
  return text;
}

void ReadCsvRow(std::string_view text, const CsvDialect& dialect, Rest rest, CsvRow& row) {
  const bool at_end = rest == Rest::kNone;
  row.cells.clear();
  row.end = End::kIncomplete;
  row.size = row.text_size = 0;
  for (size_t at = 0;; ++at) {
    if (dialect.quote != 0 && at < text.size() && text[at] == dialect.quote) {
      const auto close = ReadQuoted(text, at + 1, dialect, at_end, row);
      if (!close || !EndsCell(text, *close + 1, dialect, at_end, row)) return;
      at = *close + 1;
    } else {
      const size_t begin = at;
      while (at < text.size() && text[at] != dialect.delimiter && text[at] != '\r' && text[at] != '\n') ++at;
      row.cells.push_back({.text = text.substr(begin, at - begin)});
    }
    if (at == text.size()) {
      if (at_end) row.end = End::kComplete;
      row.size = row.text_size = at;
      return;
    }
    if (text[at] == dialect.delimiter) continue;
    row.end = End::kComplete;
    row.text_size = at;
    row.size = BehindLineEnd(text, at);
    return;
  }
}

Line FirstLine(std::string_view text) {
  const size_t end = text.find_first_of(kLineEnds);
  if (end == std::string_view::npos) return {text.size(), text.size()};
  return {BehindLineEnd(text, end), end};
}

}  // namespace ingot::source
