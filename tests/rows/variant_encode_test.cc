#include <gtest/gtest.h>

#include "rows/variant.h"

namespace ingot::rows {
namespace {

std::string Through(const std::string& json) {
  const auto bytes = VariantFromJson(json);
  EXPECT_TRUE(bytes) << json;
  const auto text = VariantToJson(bytes->metadata, bytes->value);
  EXPECT_TRUE(text) << json << ": " << text.error().message;
  return *text;
}

// Goal:   documents survive a round trip.
// Method: each kind of value, nested, long, wide, and with shared names.
TEST(VariantEncode, RoundTrip) {
  std::string wide = "{", items = "[";
  for (int i = 100; i < 500; ++i) {
    wide += (i > 100 ? ",\"n" : "\"n") + std::to_string(i) + "\":" + std::to_string(i * i);
    items += (i > 100 ? "," : "") + std::to_string(-i);
  }
  for (const std::string& json : {std::string("null"),
                                  std::string("true"),
                                  std::string("false"),
                                  std::string("0"),
                                  std::string("-128"),
                                  std::string("32767"),
                                  std::string("-2147483648"),
                                  std::string("9223372036854775807"),
                                  std::string("1.5"),
                                  std::string("\"\""),
                                  std::string("\"Zürich\\n\""),
                                  "\"" + std::string(64, 'x') + "\"",
                                  std::string("[]"),
                                  std::string("{}"),
                                  std::string("1.0"),
                                  std::string("-0.50"),
                                  std::string("9223372036854775808"),
                                  std::string("-123456789012345678901234567890.12345678"),
                                  std::string("1e-07"),
                                  std::string("99999999999999999999999999999999999999"),
                                  std::string(R"({"a":{"b":[1,{"a":null}],"c":"d"},"b":2.25})"),
                                  wide + "}",
                                  items + "]"})
    EXPECT_EQ(Through(json), json);
  EXPECT_EQ(Through(" {\"b\" : 1 , \"a\":2, \"b\": [ 3.10 ] } "), R"({"a":2,"b":[3.10]})");
  EXPECT_EQ(Through("0.10000000000000000000000000000000000000001"), "0.1");  // more digits than a decimal has
  EXPECT_EQ(Through("100000000000000000000000000000000000000000"), "1e+41");
  EXPECT_EQ(Through("1e999"), "\"1e999\"");
  for (const char* bad : {"",  "{",  "]",   "1]",    "[1],[2]", "1,2",      "01",   "1.",  ".5",  "+1",
                          "-", "1e", "tru", "nulll", "{\"a\"}", "{\"a\":}", "[1,]", "\"a", "1 2", "\x80"})
    EXPECT_FALSE(VariantFromJson(bad)) << bad;
}

// Goal:   the encoding is that of the specification.
// Method: bytes computed by hand.
TEST(VariantEncode, Layout) {
  const auto bytes = VariantFromJson(R"({"b":1,"a":"x"})");
  EXPECT_EQ(bytes->metadata, std::string("\x11\2\0\1\2ab", 7));
  EXPECT_EQ(bytes->value, std::string("\2\2\0\1\0\2\4\5x\x0C\1", 11));
}

}  // namespace
}  // namespace ingot::rows
