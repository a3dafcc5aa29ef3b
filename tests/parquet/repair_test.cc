#include "parquet/repair.h"

#include <gtest/gtest.h>

#include "parquet/thrift_compact.h"

namespace ingot::parquet_format {
namespace {

ThriftValue Number(int64_t number) {
  return {.type = ThriftType::kI32, .number = number, .bytes = {}, .items = {}, .fields = {}};
}

/// A schema element with this number of children and this logical type.
ThriftValue Element(int64_t children, int16_t logical) {
  ThriftValue element, type;
  type.fields.push_back({logical, ThriftValue()});
  element.fields = {{5, Number(children)}, {6, Number(2)}, {10, type}};
  return element;
}

std::string Footer(const std::vector<ThriftValue>& elements) {
  ThriftValue footer, schema;
  schema.type = ThriftType::kList;
  schema.items = elements;
  footer.fields = {{1, Number(1)}, {2, schema}, {3, Number(7)}};
  return WriteThrift(footer);
}

// Goal:   only the logical type "null" of groups is removed. Method: such a group, a leaf and a list; damaged footers.
TEST(ParquetRepair, NullTypeOfGroups) {
  constexpr int16_t kNull = 11, kList = 3;
  const auto repaired = RepairedFooter(Footer({Element(2, kNull), Element(0, kNull), Element(1, kList)}));
  ASSERT_TRUE(repaired);
  ThriftValue group = Element(2, kNull);
  group.fields.pop_back();
  EXPECT_EQ(*repaired, Footer({group, Element(0, kNull), Element(1, kList)}));
  EXPECT_FALSE(RepairedFooter(*repaired));
  const std::string bytes = Footer({Element(2, kNull)});
  EXPECT_TRUE(IsWholeFooter(bytes));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(IsWholeFooter(std::string_view(bytes).substr(0, size)));
    EXPECT_FALSE(RepairedFooter(std::string_view(bytes).substr(0, size)));
  }
}

}  // namespace
}  // namespace ingot::parquet_format
