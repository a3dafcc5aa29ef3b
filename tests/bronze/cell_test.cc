#include "bronze/cell.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"
#include "base/utf8.h"

namespace ingot::bronze {
namespace {

using iceberg::TypeId;

// Goal:   types are strict unless the field says otherwise; factors and ranges are applied.
// Method: one scalar per case.
TEST(FieldValue, Conversion) {
  const auto convert = [](pipeline::FieldSpec field, Scalar scalar) {
    FieldValue cell;
    field.name = "f";
    const std::string problem = ConvertScalar(field, scalar, 0, cell);
    return problem.empty() && cell.valid ? std::to_string(cell.number) + "/" + std::to_string(cell.integer) : problem;
  };
  const Scalar text{.kind = Scalar::Kind::kText, .text = " 12.5 "},
      number{.kind = Scalar::Kind::kDouble, .number = 2.5},
      whole{.kind = Scalar::Kind::kInteger, .integer = 3'000'000'000};
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}}, text), "f: expected double, found a string");
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}, .coerce = true}, text), "12.500000/0");
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}, .coerce = true}, {.kind = Scalar::Kind::kText, .text = "12,5"}),
            "f: expected double, found '12,5'");
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}, .factor = 0.001}, number), "0.002500/0");
  EXPECT_EQ(convert({.type = {.id = TypeId::kInt}}, whole), "f: out of the range of an int");
  EXPECT_EQ(convert({.type = {.id = TypeId::kLong}}, number), "f: expected long, found a number");
  EXPECT_EQ(convert({.type = {.id = TypeId::kTimestamptz}, .time_format = pipeline::TimeFormat::kEpochSeconds}, whole),
            "0.000000/3000000000000000");
  EXPECT_EQ(convert({.type = {.id = TypeId::kTimestamptz}, .time_max_after_now_micros = 0}, whole).substr(0, 20),
            "f: time out of range");
  EXPECT_EQ(convert({.type = {.id = TypeId::kBoolean}}, whole), "f: expected boolean, found a whole number");
}

// Goal:   messages are UTF-8, as the column that keeps them must be.
// Method: long texts, with a character of two to four bytes at each position where the message may cut them.
TEST(FieldValue, MessagesAreUtf8) {
  for (const std::string character : {"ü", "€", "😀"})
    for (size_t before = 30; before < 42; ++before) {
      std::string text(before, 'x');
      for (int i = 0; i < 9; ++i) text += character;
      for (const TypeId type : {TypeId::kTimestamptz, TypeId::kDate, TypeId::kUuid, TypeId::kLong}) {
        FieldValue cell;
        const pipeline::FieldSpec field{
            .name = "f", .type = {.id = type}, .time_format = pipeline::TimeFormat::kRfc3339, .coerce = true};
        const auto problem = ConvertScalar(field, {.kind = Scalar::Kind::kText, .text = text}, 0, cell);
        EXPECT_TRUE(IsUtf8(problem) && problem.find("xxx") != std::string::npos) << problem;
      }
    }
}

// Goal:   times are exact or rejected, never wrapped.
// Method: fractions, the first and last microseconds of the years 1 to 9999 and their neighbors, other units, numbers
//         beyond 64 bits.
TEST(FieldValue, Times) {
  using pipeline::TimeFormat;
  const auto micros = [](TimeFormat format, Scalar scalar, TypeId type = TypeId::kTimestamptz) {
    FieldValue cell;
    const std::string problem =
        ConvertScalar({.name = "t", .type = {.id = type}, .time_format = format}, scalar, 0, cell);
    return problem.empty() ? std::to_string(cell.integer) : problem;
  };
  const auto real = [](double number) { return Scalar{.kind = Scalar::Kind::kDouble, .number = number}; };
  const auto whole = [](int64_t number) { return Scalar{.kind = Scalar::Kind::kInteger, .integer = number}; };
  const auto text = [](const char* value) { return Scalar{.kind = Scalar::Kind::kText, .text = value}; };
  EXPECT_EQ(micros(TimeFormat::kEpochSeconds, real(1487249458.633)), "1487249458633000");
  EXPECT_EQ(micros(TimeFormat::kEpochSeconds, real(-0.000001)), "-1");
  EXPECT_EQ(micros(TimeFormat::kEpochMillis, real(1487249458633.25)), "1487249458633250");
  EXPECT_EQ(micros(TimeFormat::kEpochSeconds, real(9999999999.5)), "t: expected timestamptz, found a number");
  EXPECT_EQ(micros(TimeFormat::kEpochMicros, real(1.5)), "t: expected timestamptz, found a number");
  EXPECT_EQ(micros(TimeFormat::kEpochSeconds, real(1.5), TypeId::kTimestamptzNs),
            "t: expected timestamptz_ns, found a number");
  EXPECT_EQ(micros(TimeFormat::kEpochMicros, whole(kTimeMaxMicros)), std::to_string(kTimeMaxMicros));
  EXPECT_EQ(micros(TimeFormat::kEpochMicros, whole(kTimeMinMicros)), std::to_string(kTimeMinMicros));
  EXPECT_EQ(micros(TimeFormat::kEpochMicros, whole(kTimeMaxMicros + 1)),
            "t: time out of range: 10000-01-01T00:00:00.000000Z");
  EXPECT_EQ(micros(TimeFormat::kEpochMicros, whole(kTimeMinMicros - 1)),
            "t: time out of range: 0000-12-31T23:59:59.999999Z");
  EXPECT_EQ(micros(TimeFormat::kEpochSeconds, whole(1'721'347'200'000)),
            "t: time out of range: 56517-04-28T00:00:00.000000Z; in ms it is 2024-07-19T00:00:00.000000Z");
  EXPECT_EQ(micros(TimeFormat::kEpochSeconds, whole(INT64_MAX)), "t: time out of range");
  EXPECT_EQ(micros(TimeFormat::kRfc3339, text("9999-12-31T23:59:59.999999Z")), std::to_string(kTimeMaxMicros));
  for (const char* far : {"0000-12-31T23:59:59Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"})
    EXPECT_EQ(micros(TimeFormat::kRfc3339, text(far)).substr(0, 21), "t: time out of range:") << far;
  EXPECT_EQ(micros(TimeFormat::kRfc3339, text("0000-12-31"), TypeId::kDate), "t: not a date: '0000-12-31'");
  EXPECT_EQ(micros(TimeFormat::kRfc3339, text("0001-01-01"), TypeId::kDate), "-719162");
}

}  // namespace
}  // namespace ingot::bronze
