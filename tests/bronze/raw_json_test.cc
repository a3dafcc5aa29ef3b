#include "bronze/raw_json.h"

#include <gtest/gtest.h>

#include <vector>

namespace ingot::bronze {
namespace {

// Goal:   members are returned as they were written.
// Method: whitespace, nested values, brackets in strings, escapes, a byte order mark.
TEST(RawJson, Members) {
  RawMembers members("\xEF\xBB\xBF { \"a\" : 0.1000 , \"b\\\"\":{\"x\":[1,\"}\"]},\"c\":[ ],\"\":\"\\\\\"  }\n");
  const std::vector<std::pair<std::string_view, std::string_view>> wanted{
      {"\"a\"", "0.1000 "}, {"\"b\\\"\"", "{\"x\":[1,\"}\"]}"}, {"\"c\"", "[ ]"}, {"\"\"", "\"\\\\\"  "}};
  for (const auto& [key, value] : wanted) {
    const RawMembers::Member member = members.Next();
    EXPECT_EQ(member.key, key);
    EXPECT_EQ(member.value, value);
  }
  EXPECT_EQ(members.Next().key, "");
  EXPECT_EQ(RawMembers("{ }").Next().key, "");
}

// Goal:   members and elements are returned as they were written.
// Method: a path through both, with whitespace and brackets in strings.
TEST(RawJson, Children) {
  const std::string_view json = " { \"a\" : 1, \"b\":[ \"]\" , [2,3], {\"c\" : 4.50 } ] }";
  EXPECT_EQ(RawChild(RawChild(json, 1), 1), "[2,3]");
  EXPECT_EQ(RawChild(RawChild(RawChild(json, 1), 2), 0), "4.50 ");
}

// Goal:   a fraction is recognized from the digits, however small it is.
// Method: both sides of whole numbers, with exponents.
TEST(RawJson, WholeNumbers) {
  for (const char* whole : {"5", "-5.000", "5e3", "5.25E+2", "5.25e2 ", "50e-1", "0.00", "0e-9", "-0",
                            "1e999999999999999999999", "5.", "0.5e1", "12300e-2"})
    EXPECT_TRUE(IsWholeNumber(whole)) << whole;
  for (const char* fraction : {"5.5", "1.00000000000000000001", "4503599627370497.5", "1e-400", "5.25e1", "5e-1",
                               "12300e-3", "-0.1", ".5", "1e-999999999999999999999"})
    EXPECT_FALSE(IsWholeNumber(fraction)) << fraction;
}

// Goal:   whitespace between tokens is removed, strings are unchanged.
// Method: whitespace in both.
TEST(RawJson, WithoutBlanks) {
  std::string out = ">";
  AppendWithoutBlanks(out, " { \"a b\" : [ 1 ,\n\t\" \\\" \" ] } ");
  EXPECT_EQ(out, ">{\"a b\":[1,\" \\\" \"]}");
}

// Goal:   only numbers that simdjson rejects are rewritten.
// Method: numbers at both ends of the range, in strings, and text that is not a number.
TEST(RawJson, LargeNumbers) {
  const std::string zeros(310, '0');
  EXPECT_EQ(WithLargeNumbers("{\"a\":1e400,\"1e400\":[-1.5E+999, 2]}"),
            "{\"a\":1" + zeros + ",\"1e400\":[-1" + zeros + ", 2]}");
  EXPECT_EQ(WithLargeNumbers("[18446744073709551616,18446744073709551615,99999999999999999999,-9223372036854775809]"),
            "[18446744073709551616.0,18446744073709551615,99999999999999999999.0,-9223372036854775809]");
  for (const char* none : {"{\"a\":1e308,\"b\":1e-400,\"c\":123456789012345678901234567890}", "{\"a\":\"1e400\"}",
                           "{\"a\":01e400}", "{\"a\":1.e400}", "{\"a\":1e400e}", "{\"a\":+1e400}"})
    EXPECT_EQ(WithLargeNumbers(none), "") << none;
}

}  // namespace
}  // namespace ingot::bronze
