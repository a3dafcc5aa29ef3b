// Splits CSV text into rows and cells without interpreting them.
// Source: RFC 4180, section 2; rows may also end with \r.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "source/text_encoding.h"

namespace ingot::source {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';       // 0: quotes are text
  bool multiline = true;  // quoted cells may hold line ends
};

struct CsvCell {
  std::string_view text;  // without the enclosing quotes
  bool quoted = false;
  bool doubled = false;  // quotes inside the text are doubled
};
/// Returns the cell's text with doubled quotes made single.
std::string CellText(const CsvCell& cell, const CsvDialect& dialect);

/// A longer quoted cell with line ends counts as an unclosed quote, so that one stray quote does not consume the rest
/// of a file.
inline constexpr size_t kMultilineBytesMax = 4 << 20;

struct CsvRow {
  enum class End {
    kComplete,
    kIncomplete,      // more bytes are needed
    kOpenQuote,       // a quote is not closed
    kTextAfterQuote,  // text follows a closing quote before the next delimiter
  };
  End end = End::kIncomplete;
  size_t size = 0;       // with the line end; after a wrong quote, all lines whose meaning depends on it
  size_t text_size = 0;  // without the line end
  std::vector<CsvCell> cells;

  bool Blank() const { return end == End::kComplete && cells.size() == 1 && cells[0].text.empty() && !cells[0].quoted; }
};

/// Reads the row at the start of `text` into `row`, and reuses the memory of `row`. Cells are views into `text`. A
/// quote inside an unquoted cell is text.
void ReadCsvRow(std::string_view text, const CsvDialect& dialect, Rest rest, CsvRow& row);

/// The line at the start of `text`: its bytes with and without the line end, which is \n, \r\n or \r.
struct Line {
  size_t size = 0;
  size_t text_size = 0;
};
Line FirstLine(std::string_view text);

}  // namespace ingot::source
