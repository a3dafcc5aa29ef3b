#include "bronze/cell.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

using iceberg::TypeId;

TEST(Cell, Uuids) {
  uint8_t bytes[16];
  ASSERT_TRUE(ParseUuid("550e8400-e29b-41d4-A716-446655440000", bytes));
  EXPECT_EQ(bytes[0], 0x55);
  EXPECT_EQ(bytes[8], 0xA7);
  for (const char* bad : {"550e8400e29b41d4a716446655440000", "550e8400-e29b-41d4-a716-44665544000g",
                          "550e8400-e29b-41d4-a716-4466554400000", "-50e8400-e29b-41d4-a716-446655440000"})
    EXPECT_FALSE(ParseUuid(bad, bytes)) << bad;
}

// Goal:   types are strict unless the field says otherwise; factors and ranges hold. Method: one scalar per case.
TEST(Cell, Conversion) {
  const auto convert = [](pipeline::FieldSpec field, Scalar scalar) {
    Cell cell;
    field.name = "f";
    const std::string problem = ConvertScalar(field, scalar, 0, cell);
    return problem.empty() && cell.valid ? std::to_string(cell.number) + "/" + std::to_string(cell.integer) : problem;
  };
  const Scalar text{.kind = Scalar::Kind::kText, .text = " 12.5 "},
      number{.kind = Scalar::Kind::kDouble, .number = 2.5},
      whole{.kind = Scalar::Kind::kInteger, .integer = 3'000'000'000};
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}}, text), "f: expected double, found a string");
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}, .coerce = true}, text), "12.500000/0");
  EXPECT_EQ(convert({.type = {.id = TypeId::kDouble}, .factor = 0.001}, number), "0.002500/0");
  EXPECT_EQ(convert({.type = {.id = TypeId::kInt}}, whole), "f: out of the range of an int");
  EXPECT_EQ(convert({.type = {.id = TypeId::kLong}}, number), "f: expected long, found a number");
  EXPECT_EQ(convert({.type = {.id = TypeId::kTimestamptz}, .time_format = pipeline::TimeFormat::kEpochSeconds}, whole),
            "0.000000/3000000000000000");
  EXPECT_EQ(convert({.type = {.id = TypeId::kTimestamptz}, .time_max_after_now_micros = 0}, whole).substr(0, 20),
            "f: time out of range");
  EXPECT_EQ(convert({.type = {.id = TypeId::kBoolean}}, whole), "f: expected boolean, found a whole number");
}

}  // namespace
}  // namespace ingot::bronze
