#include "maintain/value_search.h"

#include <gtest/gtest.h>

namespace ingot::maintain {
namespace {

using Kind = ValueSearch::Kind;

// Goal:   a value is found in every spelling of JSON, CSV and binary formats, and not as a part of another value.
// Method: a table of bytes with and without it.
TEST(ValueSearch, FindsTheValueAndNoOther) {
  struct Case {
    const char* value;
    Kind kind;
    std::string bytes;
    bool found;
  };
  const Case cases[] = {
      {"u1", Kind::kText, R"({"user":"u1"})", true},
      {"u1", Kind::kText, "u1", true},
      {"u1", Kind::kText, "u12", false},
      {"u1", Kind::kText, "au1 and u1", true},
      {"u1", Kind::kText, "x-u1", false},
      {"u1", Kind::kText, "u1@example.org", false},
      {"u1", Kind::kText, "by u1. Then", true},
      {"u1", Kind::kText, "u1.", true},
      {"u1", Kind::kText, "\xc3\xa9u1", false},
      {"u1", Kind::kText, R"({"user":"\u0075\u0031"})", true},
      {"u1", Kind::kText, R"({"user":"\u00751","id":2})", true},
      {"u1", Kind::kText, std::string("\x0aHu1H\x02", 6), true},  // in a binary format a length looks like a letter
      {"a\"b", Kind::kText, R"({"user":"a\"b"})", true},
      {"a\"b", Kind::kText, "1,\"a\"\"b\",2", true},
      {"a/b", Kind::kText, R"({"user":"a\/b"})", true},
      {"\xf0\x9f\x98\x80", Kind::kText, R"("\ud83d\ude00")", true},
      {"J\xc3\xbcrg", Kind::kText, R"("J\u00fcrg")", true},
      {"6F9619FF-8b86-d011-b42d-00c04fc964ff", Kind::kUuid, "6f9619ff-8B86-d011-b42d-00c04fc964ff", true},
      {"12", Kind::kNumber, R"({"id":12})", true},
      {"12", Kind::kNumber, R"({"id": 1.2e1})", true},
      {"12", Kind::kNumber, "12.0", true},
      {"12", Kind::kNumber, "112 121 a12 1.12 12a", false},
      {"-12", Kind::kNumber, "[-12]", true},
      {"12", Kind::kNumber, "[-12]", false},
      {"9007199254740993", Kind::kNumber, "9007199254740992", false},
      {"9007199254740993", Kind::kNumber, "9007199254740993", true},
  };
  for (const Case& each : cases)
    EXPECT_EQ(ValueSearch(each.value, each.kind).In(each.bytes), each.found) << each.value << " in " << each.bytes;
}

// Goal:   damaged escapes end the search of nothing. Method: truncated and invalid escapes.
TEST(ValueSearch, DamagedEscapes) {
  EXPECT_EQ(WithoutJsonEscapes(R"(a\)"), R"(a\)");
  EXPECT_EQ(WithoutJsonEscapes(R"(\u00)"), "u00");
  EXPECT_EQ(WithoutJsonEscapes(R"(\uZZZZ)"), "uZZZZ");
  EXPECT_EQ(WithoutJsonEscapes(R"(\n\t\"\\\q)"), "\n\t\"\\q");
  EXPECT_TRUE(ValueSearch("u1", Kind::kText).In(R"(\ud83d u1)"));
}

}  // namespace
}  // namespace ingot::maintain
