#include "avro/avro.h"
#include "tests/rows/fixtures.h"

namespace ingot::avro {
namespace {

const char* const kSchema =
    R"({"type":"record","name":"r","fields":[{"name":"a","type":"long"},{"name":"b","type":["null","string"]},
  {"name":"c","type":{"type":"array","items":"double"}},{"name":"d","type":{"type":"map","values":"boolean"}},
  {"name":"e","type":{"type":"fixed","name":"f","size":3}},{"name":"g","type":"float"}]})";

AvroWriter Row(int64_t first) {
  AvroWriter out;
  out.Long(first);
  out.Long(1);
  out.Bytes("text");
  out.Long(-2);  // a block of two items with its size in bytes
  out.Long(16);
  out.Raw(1.5);
  out.Raw(2.5);
  out.Long(0);
  out.Long(1);
  out.Bytes("key");
  out.Raw(true);
  out.Long(0);
  out.out += "xyz";
  out.Raw(0.5F);
  return out;
}

// Goal:   skipping a value moves the reader as far as reading it. Method: two rows both ways.
TEST(AvroReader, SkipMatchesValue) {
  const auto schema = *ParseAvroSchema(kSchema);
  const std::string bytes = Row(7).out + Row(-8).out;
  AvroReader in{bytes};
  in.Skip(*schema);
  const AvroValue row = in.Value(*schema);
  EXPECT_FALSE(in.failed);
  EXPECT_TRUE(in.rest.empty());
  const auto& list = std::get<AvroValue::List>(row.value);
  EXPECT_EQ(std::get<int64_t>(list[0].value), -8);
  EXPECT_EQ(std::get<AvroValue::List>(list[2].value).size(), 2u);
  EXPECT_EQ(std::get<std::string>(list[4].value), "xyz");
}

// Goal:   truncated input fails both ways, and later reads return zeros. Method: every prefix.
TEST(AvroReader, TruncatedInputFails) {
  const auto schema = *ParseAvroSchema(kSchema);
  const std::string bytes = Row(7).out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    AvroReader skips{std::string_view(bytes).substr(0, i)}, reads = skips;
    skips.Skip(*schema);
    reads.Value(*schema);
    EXPECT_TRUE(skips.failed && reads.failed) << i;
    EXPECT_EQ(skips.Long(), 0);
  }
}

}  // namespace
}  // namespace ingot::avro
