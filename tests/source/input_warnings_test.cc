#include "source/input_warnings.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

FileListing Listing(const std::vector<std::string>& names) {
  FileListing listing;
  for (const std::string& name : names)
    listing.files.push_back({.path = name, .location = "file:///in/" + name, .known_name = name.ends_with(".csv")});
  return listing;
}

// Goal:   a folder without a file to read is a warning that says what to do, but not where files were read before.
// Method: a table of names and words; no words: no warning.
TEST(InputWarnings, NamesOfAFolder) {
  struct {
    std::vector<std::string> names;
    bool read_before;
    const char* words;
  } const cases[] = {
      {{}, false, "the folder in has no files to read: names of input files end with .json"},
      {{}, true, nullptr},
      {{"a.csv", "b.txt"}, false, nullptr},
      {{"b.txt", "c.log", "d", "e"}, false, "no file in in is read, e.g. b.txt, c.log, d and 1 more"},
      {{"b.txt"}, false, "give them such a name"},
      {{"b.PARQUET"}, false, "convert them to JSON or CSV"},
      {{"b.json.zip"}, false, "unpack them"},
      {{"b.txt"}, true, "no file in in is read"},
      {{"b.jsonl.done", "c.csv_old"}, true, nullptr},
      {{"b.jsonl.done"}, false, "no file in in is read"},
  };
  for (const auto& [names, read_before, words] : cases) {
    const auto warning = WarningOfNames("in", Listing(names), read_before);
    ASSERT_EQ(warning.has_value(), words != nullptr) << (names.empty() ? "" : names[0]);
    const std::string message = warning ? warning->message : "";
    EXPECT_NE(message.find(words == nullptr ? "" : words), std::string::npos) << message;
  }
  FileListing unreadable;
  unreadable.failures.push_back("the folder cannot be read");
  EXPECT_FALSE(WarningOfNames("in", unreadable, false));
}

CsvRows Header(const std::string& line) {
  CsvRows rows({.fields = {{"amount"}, {"id"}}});
  (void)rows.ReadHead(line + "\n1,2\n", Rest::kNone);
  return rows;
}

// Goal:   a column that several files lack is one warning; a header without any field stays known while it is followed.
// Method: four headers, and a restart.
TEST(InputWarnings, Headers) {
  HeaderWarnings headers;
  headers.Add("a.csv", Header("id,amount"), "");
  headers.Add("b.csv", Header("id,ammount"), "");
  headers.Add("c.csv", Header("id,ammount"), "");
  headers.Add("d.csv", Header("x,y"), "the header holds no field");
  const auto warnings = headers.All();
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].kind, InputWarning::Kind::kUnknownHeader);
  EXPECT_EQ(warnings[0].message, "the header holds no field");
  EXPECT_EQ(warnings[1].subject, "amount");
  EXPECT_EQ(warnings[1].message,
            "2 of 3 files, e.g. b.csv: the header has no column for amount: null in their rows (did you mean "
            "'ammount'?)");
  headers.Restart(true);
  EXPECT_EQ(headers.All().size(), 1u);
  headers.Add("d.csv", Header("id,amount"), "");
  EXPECT_TRUE(headers.All().empty());
}

}  // namespace
}  // namespace ingot::source
