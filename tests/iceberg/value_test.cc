#include "iceberg/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace ingot::iceberg {
namespace {

Type Named(const char* name) {
  return *ParsePrimitiveType(name);
}
int32_t Hash(const Value& value, const char* type) {
  return *HashValue(value, Named(type));
}

// Goal:   hashes follow the specification.
// Method: the test vectors of Appendix B.
TEST(Value, HashVectorsOfTheSpecification) {
  EXPECT_EQ(Hash(int32_t(34), "int"), 2017239379);
  EXPECT_EQ(Hash(int64_t(34), "long"), 2017239379);
  EXPECT_EQ(Hash(Decimal{1420}, "decimal(9,2)"), -500754589);
  EXPECT_EQ(Hash(int32_t(17486), "date"), -653330422);
  EXPECT_EQ(Hash(int64_t(81068000000), "time"), -662762989);
  EXPECT_EQ(Hash(int64_t(1510871468000000), "timestamp"), -2047944441);
  EXPECT_EQ(Hash(int64_t(1510871468000001), "timestamptz"), -1207196810);
  EXPECT_EQ(Hash(int64_t(1510871468000001001), "timestamp_ns"), -1207196810);
  EXPECT_EQ(Hash(std::string("iceberg"), "string"), 1210000089);
  EXPECT_EQ(Hash(std::string("\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7", 16), "uuid"),
            1488055340);
  EXPECT_EQ(Hash(std::string("\x00\x01\x02\x03", 4), "fixed[4]"), -188683207);
  EXPECT_EQ(Hash(std::string("\x00\x01\x02\x03", 4), "binary"), -188683207);
  EXPECT_FALSE(HashValue(1.0, Named("double")));
}

// Goal:   bounds survive a round trip through their binary form.
// Method: extremes of each type, and promoted types.
TEST(Value, BinaryRoundTrip) {
  const std::pair<Value, const char*> values[] = {{true, "boolean"},
                                                  {std::numeric_limits<int32_t>::min(), "int"},
                                                  {std::numeric_limits<int64_t>::max(), "long"},
                                                  {1.5f, "float"},
                                                  {-2.25, "double"},
                                                  {Decimal{-12345}, "decimal(9,2)"},
                                                  {Decimal{(__int128(1) << 100)}, "decimal(38,0)"},
                                                  {std::string("Zürich"), "string"}};
  for (const auto& [value, name] : values)
    EXPECT_EQ(*DeserializeValue(SerializeValue(value, Named(name)), Named(name)), value) << name;
  EXPECT_EQ(std::get<int64_t>(*DeserializeValue(SerializeValue(int32_t(-7), Named("int")), Named("long"))), -7);
  EXPECT_EQ(std::get<double>(*DeserializeValue(SerializeValue(0.5f, Named("float")), Named("double"))), 0.5);
  EXPECT_EQ(DeserializeValue("abc", Named("long")).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(DecimalBytes(-1), "\xff");
  EXPECT_EQ(DecimalBytes(128), std::string("\x00\x80", 2));
}

// Goal:   text compares by unsigned bytes; null is first, NaN last.
// Method: one pair each.
TEST(Value, Order) {
  EXPECT_LT(CompareValues(std::string("z"), std::string("é")), 0);
  EXPECT_LT(CompareValues(Value{}, int32_t(0)), 0);
  EXPECT_GT(CompareValues(std::numeric_limits<double>::quiet_NaN(), 1e300), 0);
}

}  // namespace
}  // namespace ingot::iceberg
