#include "rows/variant.h"

#include "tests/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += char(byte);
  return text;
}

// Goal:   types that JSON does not have are decoded as text.
// Method: each primitive type, encoded by hand.
TEST(Variant, OtherTypes) {
  const std::string none = Bytes({0x01, 0, 0});
  const auto text = [&](std::string value) { return VariantToJson(none, value).value_or("?"); };
  EXPECT_EQ(text(Bytes({8 << 2, 2, 0x39, 0x30, 0, 0})), "123.45");
  EXPECT_EQ(text(Bytes({8 << 2, 1, 0xFF, 0xFF, 0xFF, 0xFF})), "-0.1");
  EXPECT_EQ(text(Bytes({11 << 2, 1, 0, 0, 0})), "\"1970-01-02\"");
  EXPECT_EQ(text(Bytes({12 << 2, 0x40, 0x42, 0x0F, 0, 0, 0, 0, 0})), "\"1970-01-01T00:00:01.000000Z\"");
  EXPECT_EQ(text(Bytes({19 << 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})),
            "\"1969-12-31T23:59:59.999999999\"");
  EXPECT_EQ(text(Bytes({14 << 2, 0, 0, 0xC0, 0x3F})), "1.5");
  EXPECT_EQ(text(Bytes({15 << 2, 3, 0, 0, 0, 'a', 'b', 'c'})), "\"YWJj\"");
  EXPECT_EQ(text(Bytes({20 << 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})),
            "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"");
}

// Goal:   damaged variants are detected without reading beyond the end.
// Method: truncate to each length; change each byte.
TEST(Variant, Damaged) {
  const auto good = VariantFromJson(
      R"({"a":{"b":[1,{"a":null}],"c":"d"},"b":2.25,"long":"0123456789012345678901234567890123456789"})");
  for (size_t i = 0; i < good->value.size(); ++i) {
    EXPECT_FALSE(VariantToJson(good->metadata, good->value.substr(0, i))) << i;
    std::string bad = good->value;
    bad[i] = char(bad[i] ^ 0xFF);
    (void)VariantToJson(good->metadata, bad);
  }
  for (size_t i = 0; i < good->metadata.size(); ++i) {
    EXPECT_FALSE(VariantToJson(good->metadata.substr(0, i), good->value)) << i;
    std::string bad = good->metadata;
    bad[i] = char(bad[i] ^ 0xFF);
    (void)VariantToJson(bad, good->value);
  }
}

// Goal:   a variant column survives a round trip through a file.
// Method: a table of format 3 with nulls between the documents; its parts have no metrics.
TEST(Variant, InATable) {
  auto metadata = *iceberg::MakeTableMetadata(
      {.schema = {.schema_id = 0,
                  .fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}},
                             {.id = 2, .name = "doc", .type = {.id = iceberg::TypeId::kVariant}}},
                  .identifier_field_ids = {}},
       .partition = {},
       .location = "file:///w/v",
       .properties = {{"format-version", "3"}}});
  iceberg::Table table =
      *iceberg::CreateTable({std::make_shared<MemoryCatalog>(), storage::MakeMemoryStorage(), {"n", "v"}}, metadata);
  auto writer = *TableWriter::Open(table.home.storage, *table.metadata, {});
  ASSERT_TRUE(writer->Write(
      RowsOf({{"id", arrow::int64(), "[1,2,3]"}, {"doc", arrow::utf8(), R"(["{\"a\":1}", null, "[2]"])"}})));
  const auto files = *writer->Finish();
  EXPECT_EQ(files.at(0).lower_bounds.size(), 1u);
  table = *iceberg::CommitSnapshot(table.home, {.added = files});
  const auto plan = PlanScan(*table.home.storage, *table.metadata, {});
  const auto rows = ReadRows(table.home.storage, *table.metadata, *plan);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(Text(*(*rows)->column(1)->chunk(0)), R"([{"a":1},null,[2]])");
}

}  // namespace
}  // namespace ingot::rows
