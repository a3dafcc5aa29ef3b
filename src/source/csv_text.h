// The text of CSV cut into rows and cells, without a meaning. Source: RFC 4180, section 2; rows may end with \r, too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::source {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';       // 0: quotes are text
  bool multiline = true;  // cells in quotes may hold line ends
};

struct CsvCell {
  std::string_view text;  // without the quotes around it
  bool quoted = false;
  bool doubled = false;  // quotes inside are written twice
};
/// The cell's text with single quotes.
std::string CellText(const CsvCell& cell, const CsvDialect& dialect);

/// A cell in quotes that holds line ends and is longer than this is taken for a quote that does not close: one stray
/// quote must not swallow the rest of a file.
inline constexpr size_t kMultilineBytesMax = 4 << 20;

struct CsvRow {
  enum class End {
    kComplete,
    kIncomplete,       // more bytes are needed
    kOpenQuote,        // a quote does not close
    kTextBehindQuote,  // a quote closes, and text follows before the next delimiter
  };
  End end = End::kIncomplete;
  size_t size = 0;       // with the line end. Where a quote is wrong, of all lines whose meaning depends on it
  size_t text_size = 0;  // without the line end
  std::vector<CsvCell> cells;

  bool Blank() const { return end == End::kComplete && cells.size() == 1 && cells[0].text.empty() && !cells[0].quoted; }
};

/// Reads the row at the start of `text` into `row`, whose memory is used again; cells are views into `text`. A quote
/// inside a cell that does not begin with one is text.
void ReadCsvRow(std::string_view text, const CsvDialect& dialect, bool at_end, CsvRow& row);

/// The line at the start of `text`: its bytes with and without the end, \n, \r\n or \r.
struct Line {
  size_t size = 0;
  size_t text_size = 0;
};
Line FirstLine(std::string_view text);

}  // namespace ingot::source
