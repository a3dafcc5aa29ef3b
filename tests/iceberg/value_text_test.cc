#include <gtest/gtest.h>

#include "iceberg/value.h"

namespace ingot::iceberg {
namespace {

// Goal:   values survive a round trip through text.
// Method: one value of each type.
TEST(ValueText, RoundTrip) {
  const std::pair<const char*, const char*> texts[] = {{"true", "boolean"},
                                                       {"-5", "int"},
                                                       {"9000000000", "long"},
                                                       {"1.5", "double"},
                                                       {"-12.50", "decimal(9,2)"},
                                                       {"0.05", "decimal(9,2)"},
                                                       {"2024-07-19", "date"},
                                                       {"12:06:45", "time"},
                                                       {"2024-07-19T18:40:00.5", "timestamp"},
                                                       {"2024-07-19T18:40:00.123456789", "timestamp_ns"},
                                                       {"1677-09-22T00:00:00.000000001", "timestamp_ns"},
                                                       {"1969-12-31T23:59:59", "timestamp_ns"},
                                                       {"550e8400-e29b-41d4-a716-446655440000", "uuid"},
                                                       {"Zürich", "string"}};
  for (const auto& [text, name] : texts) {
    const Type type = *ParsePrimitiveType(name);
    EXPECT_EQ(ValueText(*ParseValue(text, type), type), text);
  }
  EXPECT_EQ(ValueText(int64_t(0), {.id = TypeId::kTimestamptz}), "1970-01-01T00:00:00+00:00");
  for (const char* same : {"2024-07-19T18:40:00Z", "2024-07-19 18:40", "2024-07-19 18:40Z", "2024-07-19T20:40:00+02:00",
                           "2024-07-19 17:10:00.0-01:30", "2024-07-19 20:40+02"})
    EXPECT_EQ(ValueText(*ParseValue(same, {.id = TypeId::kTimestamptz}), {.id = TypeId::kTimestamptz}),
              "2024-07-19T18:40:00+00:00")
        << same;
  EXPECT_EQ(ParseValue("2300-01-01T00:00:00.000000001+00:00", {.id = TypeId::kTimestamptzNs}).error().kind,
            ErrorKind::kBadInput);
  EXPECT_EQ(ValueText(std::string("\1\2\3", 3), {.id = TypeId::kBinary}), "AQID");
  for (const auto& [text, name] : {std::pair{"1.2.3", "decimal(9,2)"},
                                   {"1.234", "decimal(9,2)"},
                                   {"x", "int"},
                                   {"2024-13-01", "date"},
                                   {"2023-02-29", "date"},
                                   {"2024-07-19x", "date"},
                                   {"2024-07-19T18:40:00", "date"},
                                   {"2024-07-19T18", "timestamp"},
                                   {"2024-07-19T18:40:00+02:00", "timestamp"},
                                   {"2024-07-19T18:40:00+2", "timestamptz"},
                                   {"2024-07-19T25:00:00", "timestamptz"},
                                   {"12:06:45Z", "time"},
                                   {"2300-01-01", "timestamp_ns"},
                                   {"550e", "uuid"}})
    EXPECT_EQ(ParseValue(text, *ParsePrimitiveType(name)).error().kind, ErrorKind::kBadInput) << text;
}

}  // namespace
}  // namespace ingot::iceberg
