#include "source/csv_text.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

using End = CsvRow::End;

/// Formats each row as "a|b", in brackets when a quote is wrong.
std::vector<std::string> Rows(std::string_view text, const CsvDialect& dialect, Rest rest = Rest::kNone) {
  std::vector<std::string> rows;
  CsvRow row;
  while (!text.empty()) {
    ReadCsvRow(text, dialect, rest, row);
    if (row.end == End::kIncomplete) break;
    std::string shown;
    for (const CsvCell& cell : row.cells) {
      if (&cell != &row.cells[0]) shown += '|';
      shown += CellText(cell, dialect);
    }
    if (row.end != End::kComplete) shown = "[" + std::string(text.substr(0, row.size)) + "]";
    rows.push_back(shown);
    text.remove_prefix(row.size);
  }
  return rows;
}

using Texts = std::vector<std::string>;

// Goal:   rows are split at any line end, and cells with any quotes.
// Method: each case on its own.
TEST(CsvText, RowsAndCells) {
  EXPECT_EQ(Rows("a,b\nc,d\r\ne,f\rg,h", {}), Texts({"a|b", "c|d", "e|f", "g|h"}));
  EXPECT_EQ(Rows("a,\"x \"\"y\"\",\n\r z\",\n,\n", {}), Texts({"a|x \"y\",\n\r z|", "|"}));
  EXPECT_EQ(Rows("5\" disk,b \"c\" d,e\"\n", {}), Texts({"5\" disk|b \"c\" d|e\""}));  // quotes inside are text
  EXPECT_EQ(Rows("a;'b;c''d';\"e\n", {.delimiter = ';', .quote = '\''}), Texts({"a|b;c'd|\"e"}));
  EXPECT_EQ(Rows("\"a\t\"b\"\n", {.delimiter = '\t', .quote = '\0'}), Texts({"\"a|\"b\""}));
  EXPECT_EQ(Rows("\"\"\n\"\"\"\"\n", {}), Texts({"", "\""}));
  CsvRow row;
  ReadCsvRow("\n", {}, Rest::kFollows, row);
  EXPECT_TRUE(row.Blank());
  ReadCsvRow("\"\"\n", {}, Rest::kFollows, row);
  EXPECT_FALSE(row.Blank());
}

// Goal:   a wrong quote affects only the lines that it may belong to.
// Method: quotes that do not close, quotes that close before text, and the rows after them.
TEST(CsvText, WrongQuotes) {
  EXPECT_EQ(Rows("1,\"a\n2,b\n3,c", {}), Texts({"[1,\"a\n2,b\n3,c]"}));
  EXPECT_EQ(Rows("1,\"a\n2,b\n3,c", {.multiline = false}), Texts({"[1,\"a\n]", "2|b", "3|c"}));
  EXPECT_EQ(Rows("1,\"a\n2,\"b\"\n3,c\n", {}), Texts({"[1,\"a\n2,\"b\"\n]", "3|c"}));
  EXPECT_EQ(Rows("1,\"a\" b\r\n3,c\r\n", {}), Texts({"[1,\"a\" b\r\n]", "3|c"}));
  EXPECT_EQ(Rows("1,\"a", {}), Texts({"[1,\"a]"}));
  EXPECT_EQ(Rows("1,\"a\"\"", {}), Texts({"[1,\"a\"\"]"}));
}

// Goal:   one stray quote does not consume a file without limit.
// Method: a quoted cell with line ends above the limit, not closed and closed; an equally long cell without line ends.
TEST(CsvText, LongCells) {
  std::string lines = "1,\"a\n";
  while (lines.size() <= kMultilineBytesMax + 100) lines += "2,b\n";
  CsvRow row;
  for (const Rest rest : {Rest::kFollows, Rest::kNone}) {
    ReadCsvRow(lines, {}, rest, row);
    EXPECT_EQ(row.end, End::kOpenQuote);
    EXPECT_LE(row.size, kMultilineBytesMax + 4);
    EXPECT_GT(row.size, kMultilineBytesMax - 4);
    EXPECT_EQ(lines.substr(row.size, 4), "2,b\n");
  }
  ReadCsvRow(lines + "\"\n", {}, Rest::kNone, row);
  EXPECT_EQ(row.end, End::kOpenQuote);  // independent of how much has been read
  const std::string long_cell = "1,\"" + std::string(kMultilineBytesMax + 100, 'x') + "\"\n";
  ReadCsvRow(long_cell, {}, Rest::kFollows, row);
  EXPECT_EQ(row.end, End::kComplete);
}

// Goal:   an incomplete row waits for more bytes and gives the same result in the end.
// Method: each prefix.
TEST(CsvText, Beginnings) {
  const std::string text = "a,\"b\"\"\n\"\r\nc,\"d\" x\ne,\"\"\n";
  const Texts whole = Rows(text, {}, Rest::kFollows);
  EXPECT_EQ(whole, Texts({"a|b\"\n", "[c,\"d\" x\n]", "e|"}));
  for (size_t size = 0; size < text.size(); ++size) {
    const Texts some = Rows(text.substr(0, size), {}, Rest::kFollows);
    EXPECT_TRUE(std::equal(some.begin(), some.end(), whole.begin())) << size;
  }
}

}  // namespace
}  // namespace ingot::source
