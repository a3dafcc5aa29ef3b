#include "parquet/thrift_compact.h"

#include <gtest/gtest.h>

namespace ingot::parquet_format {
namespace {

ThriftValue Of(ThriftType type, int64_t number = 0, std::string bytes = "") {
  return {.type = type, .number = number, .bytes = std::move(bytes), .items = {}, .fields = {}};
}

/// A value of each type, small and large field id deltas, a list of more than fifteen items.
ThriftValue Everything() {
  ThriftValue inner, list = Of(ThriftType::kList), flags = Of(ThriftType::kList), value;
  inner.fields = {{1, Of(ThriftType::kBinary, 0, "text")}, {40, Of(ThriftType::kI64, -5)}};
  list.item_type = ThriftType::kStruct;
  for (int i = 0; i < 20; ++i) list.items.push_back(inner);
  flags.item_type = ThriftType::kTrue;
  flags.items = {Of(ThriftType::kTrue), Of(ThriftType::kFalse)};
  value.fields = {{1, Of(ThriftType::kTrue)},
                  {2, Of(ThriftType::kFalse)},
                  {3, Of(ThriftType::kByte, -3)},
                  {4, Of(ThriftType::kI16, 300)},
                  {5, Of(ThriftType::kI32, -70000)},
                  {6, Of(ThriftType::kI64, INT64_MIN)},
                  {7, Of(ThriftType::kDouble, 0, "12345678")},
                  {30, list},
                  {31, flags}};
  return value;
}

// Goal:   bytes and values round-trip. Method: a value of each type.
TEST(ThriftCompact, RoundTrip) {
  const std::string bytes = WriteThrift(Everything());
  const auto read = ReadThrift(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(WriteThrift(*read), bytes);
  EXPECT_EQ(read->Find(6)->number, INT64_MIN);
  EXPECT_EQ(read->Find(30)->items.size(), 20u);
  EXPECT_EQ(read->Find(30)->items[19].Find(40)->number, -5);
  EXPECT_EQ(read->Find(31)->items[1].type, ThriftType::kFalse);
  EXPECT_EQ(read->Find(99), nullptr);
}

// Goal:   damaged input is an error, never a read past the end. Method: every prefix, and every byte changed.
TEST(ThriftCompact, DamagedInput) {
  const std::string bytes = WriteThrift(Everything());
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(ReadThrift(std::string_view(bytes).substr(0, size)));
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const int change : {1, 64, 255}) {
      std::string broken = bytes;
      broken[at] = char(broken[at] ^ change);
      if (const auto read = ReadThrift(broken)) (void)WriteThrift(*read);
    }
}

}  // namespace
}  // namespace ingot::parquet_format
