#include "source/csv_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ingot::source {
namespace {

using namespace std::string_view_literals;

struct Outcome {
  std::vector<std::string> records;    // JSON, or the reason in brackets
  std::vector<std::string> originals;  // unchanged input
  std::vector<int64_t> offsets;
  std::string error;
};

/// Reads the file in pieces that end at `cut`.
Outcome Read(std::string_view file, const CsvOptions& options, size_t cut) {
  Outcome outcome;
  CsvRows rows(options);
  size_t at = 0;
  for (const size_t end : {std::min(cut, file.size()), file.size()}) {
    const bool at_end = end == file.size();
    const Rest rest = at_end ? Rest::kNone : Rest::kFollows;
    if (!rows.HasHead()) {
      const auto head = rows.ReadHead(file.substr(0, end), rest);
      if (!head) outcome.error = head.error().message;
      if (!head || !*head) continue;
      at = **head;
    }
    std::string json;
    RawBatch batch;
    const std::string_view piece = file.substr(at, end - at);
    const size_t used = rows.Split(piece, rest, json, batch);
    for (size_t i = 0; i < batch.records.size(); ++i) {
      const auto& [begin, size, problem] = batch.originals[i];
      const RawBatch::Record& record = batch.records[i];
      outcome.records.push_back(problem.empty() ? json.substr(record.begin, record.size) : "[" + problem + "]");
      outcome.originals.emplace_back(piece.substr(begin, size));
      outcome.offsets.push_back(int64_t(at) + record.offset);
      EXPECT_EQ(size_t(record.offset), begin);
    }
    at += used;
    if (at_end) {
      EXPECT_EQ(at, file.size());
    }
  }
  return outcome;
}

using Texts = std::vector<std::string>;

std::string Utf16(std::string_view ascii, bool little) {
  std::string bytes = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) bytes += little ? std::string{c, '\0'} : std::string{'\0', c};
  return bytes;
}

// Goal:   rows become JSON and keep their bytes and positions, wherever a read ends.
// Method: quotes, line ends in cells, nulls, wide and narrow rows, a wrong quote and a repeated header; every cut.
TEST(CsvRows, RecordsAndTheirBytes) {
  const std::string file = "a,b\r\n1,\"x \"\"y\"\"\nz\"\n\n,\"\"\n3,4,5\n6\ra,b\n7,\"8\" 9\n10,11";
  for (size_t cut = 0; cut <= file.size(); ++cut) {
    const Outcome read = Read(file, {.fields = {{"b"}}}, cut);
    ASSERT_EQ(read.records, Texts({R"({"a":"1","b":"x \"y\"\nz"})", R"({"a":null,"b":""})",
                                   "[CSV: 3 cells where there are 2 columns]",
                                   "[CSV: 1 cell where there are 2 columns]", "[CSV: a header among the rows]",
                                   "[CSV: a closing quote is followed by text]", R"({"a":"10","b":"11"})"}))
        << cut;
    EXPECT_EQ(read.originals, Texts({"1,\"x \"\"y\"\"\nz\"", ",\"\"", "3,4,5", "6", "a,b", "7,\"8\" 9", "10,11"}));
    for (size_t i = 0; i < read.originals.size(); ++i)
      EXPECT_EQ(file.substr(size_t(read.offsets[i]), read.originals[i].size()), read.originals[i]);
  }
}

// Goal:   every line that an open quote may affect becomes a record of its own with the reason.
// Method: one stray quote.
TEST(CsvRows, AnOpenQuote) {
  const std::string file = "a,b\n1,x\n2,\"y\n3,z\n4,v\n";
  const Outcome read = Read(file, {}, 0);
  EXPECT_EQ(read.originals, Texts({"1,x", "2,\"y", "3,z", "4,v"}));
  EXPECT_EQ(read.records[0], R"({"a":"1","b":"x"})");
  EXPECT_TRUE(read.records[1].starts_with("[CSV: a quote is not closed; csv: {multiline: false}")) << read.records[1];
  EXPECT_EQ(read.records[3], "[CSV: a quote is not closed; it opens 2 lines before]");
  EXPECT_EQ(Read(file, {.multiline = false}, 0).records, Texts({R"({"a":"1","b":"x"})", "[CSV: a quote is not closed]",
                                                                R"({"a":"3","b":"z"})", R"({"a":"4","b":"v"})"}));
}

// Goal:   each encoding is read, and invalid text is reported.
// Method: one word in each encoding, wherever a read ends.
TEST(CsvRows, Encodings) {
  const Texts wanted{R"({"id":"1","city":"Zürich"})"};
  const struct {
    std::string file;
    std::string encoding;
  } cases[] = {{"id,city\n1,Z\xC3\xBCrich\n", "utf-8"},
               {"\xEF\xBB\xBF\"id\",\"city\"\n1,Z\xC3\xBCrich\n", "utf-8"},
               {"\xEF\xBB\xBFid,city\n1,Z\xC3\xBCrich\n", "latin-1"},  // the byte order mark overrides the option
               {"id,city\n1,Z\xFCrich\n", "latin-1"},
               {"id,city\n1,Z\xFCrich\n", "windows-1252"},
               {Utf16("id,city\n1,Z\xFCrich\n", true), "utf-8"},
               {Utf16("id,city\r\n1,Z\xFCrich\r\n", false), "utf-16"},
               {Utf16("id,city\n1,Z\xFCrich\n", true).substr(2), "utf-16le"},
               {Utf16("id,city\n1,Z\xFCrich", false).substr(2), "utf-16be"}};
  for (const auto& [file, encoding] : cases)
    for (size_t cut = 0; cut <= file.size(); ++cut) {
      const Outcome read = Read(file, {.encoding = encoding, .fields = {{"city"}}}, cut);
      ASSERT_EQ(read.records, wanted) << encoding << " " << cut << read.error;
      EXPECT_EQ(file.substr(size_t(read.offsets[0]), read.originals[0].size()), read.originals[0]);
    }
  const Outcome wrong = Read("id,city\n1,Z\xFCrich\n2,Oslo\n", {}, 0);
  EXPECT_EQ(wrong.records, Texts({"[CSV: not UTF-8: byte 0xFC at 3 of the row]", R"({"id":"2","city":"Oslo"})"}));
  EXPECT_EQ(wrong.originals[0], "1,Z\xFCrich");
  EXPECT_NE(Read("id,city\n1,x\n", {.encoding = "utf-16"}, 0).error.find("utf-16le"), std::string::npos);
}

// Goal:   concatenated files are read, each with its byte order mark and header.
// Method: with and without a header, in two encodings, wherever a read ends.
TEST(CsvRows, JoinedFiles) {
  const std::string one = "\xEF\xBB\xBFid,city\n1,x\n", two = "\xEF\xBB\xBF\"id\",city\n2,y\n";
  for (const std::string& file : {one + two, Utf16("id,city\n1,x\n", true) + Utf16("\"id\",city\n2,y\n", true)})
    for (size_t cut = 0; cut <= file.size(); ++cut) {
      const Outcome read = Read(file, {.fields = {{"city"}}}, cut);
      ASSERT_EQ(read.records,
                Texts({R"({"id":"1","city":"x"})", "[CSV: a header among the rows]", R"({"id":"2","city":"y"})"}))
          << cut;
      for (size_t i = 0; i < read.originals.size(); ++i)
        EXPECT_EQ(file.substr(size_t(read.offsets[i]), read.originals[i].size()), read.originals[i]);
    }
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "1,x\n\xEF\xBB\xBF\"2\",y\n",
                 {.names = {"id", "city"}}, 0)
                .records,
            Texts({R"({"id":"1","city":"x"})", R"({"id":"2","city":"y"})"}));
}

// Goal:   undeclared wide encodings are rejected, with and without a header; zero bytes alone are text.
// Method: UTF-16 and UTF-32 in both byte orders, with and without a byte order mark.
TEST(CsvRows, WideEncodings) {
  const CsvOptions no_header{.encoding = "latin-1", .names = {"id", "city"}};
  for (const std::string row : {"1,x\n2,y\n", "1,x"})
    for (const bool little : {true, false})
      EXPECT_NE(Read(Utf16(row, little).substr(2), no_header, 0).error.find("utf-16le"), std::string::npos) << row;
  for (const std::string_view mark : {"\xFF\xFE\0\0"sv, "\0\0\xFE\xFF"sv})
    for (const CsvOptions& options : {no_header, CsvOptions{}})
      EXPECT_NE(Read(std::string(mark) + "1\0\0\0", options, 0).error.find("UTF-32"), std::string::npos);
  EXPECT_EQ(Read("1,a\0b\n2,\0\n"sv, no_header, 0).records,
            Texts({R"({"id":"1","city":"a\u0000b"})", R"({"id":"2","city":"\u0000"})"}));
}

// Goal:   whether an encoding is wide does not depend on where a read ends.
// Method: every cut of rows in UTF-16 and in one byte, with one column and two, and each kind of line end.
TEST(CsvRows, WideEncodingsInPieces) {
  for (const std::vector<std::string>& names : {std::vector<std::string>{"id"}, {"id", "city"}})
    for (const std::string end : {"\n", "\r\n", "\r"}) {
      const std::string row = names.size() == 1 ? "first" : "first,x", text = row + end + row + end;
      for (const std::string& file : {text, Utf16(text, true).substr(2), Utf16(text, false).substr(2)})
        for (size_t cut = 0; cut <= file.size(); ++cut) {
          const Outcome read = Read(file, {.encoding = "latin-1", .names = names}, cut);
          EXPECT_EQ(read.error.empty(), file == text) << names.size() << " columns, cut at " << cut << ": " << file;
          EXPECT_EQ(read.records.size(), file == text ? 2u : 0u);
        }
    }
}

// Goal:   columns are named by the header, by the pipeline file or by their position.
// Method: whitespace, empty names, no names at all.
TEST(CsvRows, Headers) {
  EXPECT_EQ(Read("id , city,\n1, x,\n", {.fields = {{"city"}}}, 0).records,
            Texts({R"({"id":"1","city":" x","column_3":null})"}));
  EXPECT_EQ(Read("\n\r\nid\n1\n", {}, 0).records, Texts({R"({"id":"1"})"}));
  EXPECT_EQ(Read("1;2\n", {.delimiter = ';', .names = {"a", "b"}}, 0).records, Texts({R"({"a":"1","b":"2"})"}));
  EXPECT_EQ(Read("a,b\n1,2\n", {.names = {"a", "b"}}, 0).records,
            Texts({"[CSV: a header among the rows]", R"({"a":"1","b":"2"})"}));
  for (const char* none : {"", "\n\n", "\xEF\xBB\xBF", "id\n"}) EXPECT_EQ(Read(none, {}, 0).records, Texts()) << none;
  CsvRows rows({.fields = {{"id"}, {"name", "city"}, {"value"}}});
  ASSERT_TRUE(rows.ReadHead("id,city\n", Rest::kFollows));
  EXPECT_EQ(rows.FieldsWithoutColumn(), Texts({"value"}));
}

// Goal:   an invalid header is an error with its remedy.
// Method: each kind of error.
TEST(CsvRows, InvalidHeaders) {
  const std::vector<std::vector<std::string>> fields{{"at"}, {"id"}};
  const std::pair<std::string, std::string> cases[] = {
      {"at;id\n", "write csv: {delimiter: \";\"}"},
      {"at\tid\n", "write csv: {delimiter: \"\\t\"}"},
      {"\"at\"|\"id\"\n", "write csv: {delimiter: \"|\"}"},
      {"1,2\n", "write csv: {header: false}"},
      {"ID,x\n", "write from: \"$.ID\""},
      {"at,id,at\n", "the header holds 'at' twice"},
      {"at,x,x\n", "the header holds 'x' twice"},
      {"at,\"id\n", "a quote in the header is not closed"},
      {"at,Gr\xF6\xDF"
       "e\n",
       "the header is not UTF-8"},
      {Utf16("at,id\n", true).substr(2), "utf-16le"},
  };
  for (const auto& [header, told] : cases) {
    const std::string error = Read(header + "1,2\n", {.fields = fields}, 0).error;
    EXPECT_NE(error.find(told), std::string::npos) << header << ": " << error;
  }
  EXPECT_NE(Read("at" + std::string(2 << 20, 'x'), {.fields = fields}, 0).error.find("longer than"), std::string::npos);
}

}  // namespace
}  // namespace ingot::source
