#include "avro/avro.h"
#include "tests/rows/fixtures.h"

namespace ingot::avro {
namespace {

const char* const kSchema =
    R"({"type":"record","name":"r","fields":[{"name":"a","type":"long","field-id":1},{"name":"b","type":["null","string"],"field-id":2},
  {"name":"c","type":{"type":"array","items":"double"},"field-id":3},{"name":"d","type":{"type":"map","values":"boolean"},"field-id":4},{"name":"e","type":{"type":"fixed","name":"f","size":3},"field-id":5}]})";

std::vector<AvroValue> Rows() {
  std::vector<AvroValue> rows;
  for (int64_t i = -2000; i < 2000; ++i) {
    AvroValue::List pair, map, array, row;
    pair.emplace_back(std::string("k"));
    pair.emplace_back(i % 2 == 0);
    map.emplace_back(std::move(pair));
    array.emplace_back(double(i));
    row.emplace_back(i * 1'000'000'007);
    row.push_back(i % 3 == 0 ? AvroValue() : AvroValue(std::string("text") + std::to_string(i)));
    row.emplace_back(std::move(array));
    row.emplace_back(std::move(map));
    row.emplace_back(std::string("xyz"));
    rows.emplace_back(std::move(row));
  }
  return rows;
}

// Goal:   rows round-trip over several blocks. Method: four thousand rows of every type.
TEST(AvroFile, RoundTrips) {
  const auto rows = Rows();
  const std::string bytes = *WriteAvroFile(kSchema, {{"note", "kept"}}, rows);
  const auto file = ReadAvroFile(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->properties.at("note"), "kept");
  ASSERT_EQ(file->rows.size(), rows.size());
  const auto& last = std::get<AvroValue::List>(file->rows.back().value);
  EXPECT_EQ(std::get<int64_t>(last[0].value), 1999 * int64_t(1'000'000'007));
  EXPECT_EQ(std::get<std::string>(last[1].value), "text1999");
}

// Goal:   no input crashes the reader or makes it read past the end, and damage to our files is always detected.
// Method: every prefix, and a flipped bit in every byte.
TEST(AvroFile, DetectsDamage) {
  auto rows = Rows();
  rows.resize(20);
  const std::string good = *WriteAvroFile(kSchema, {}, rows);
  for (size_t i = 0; i < good.size(); ++i) {
    const auto cut = ReadAvroFile(good.substr(0, i));
    EXPECT_TRUE(!cut || cut->rows.empty()) << i;
    std::string bent = good;
    bent[i] = char(bent[i] ^ 0x40);
    EXPECT_FALSE(ReadAvroFile(bent)) << i;
  }
}

// Goal:   values that do not match the schema are an internal error that names the field. Method: a string for a long.
TEST(AvroFile, RejectsWrongValues) {
  AvroValue::List row;
  for (int i = 0; i < 5; ++i) row.emplace_back(std::string("x"));
  EXPECT_EQ(WriteAvroFile(kSchema, {}, {AvroValue(row)}).error().message, "a: value does not match its Avro schema");
}

}  // namespace
}  // namespace ingot::avro
