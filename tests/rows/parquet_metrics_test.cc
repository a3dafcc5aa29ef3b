#include "rows/parquet_metrics.h"

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   counts and bounds match the rows.
// Method: a file of known rows.
TEST(ParquetMetrics, CountsAndBounds) {
  const auto storage = storage::MakeMemoryStorage();
  const auto file = WriteEvents(MakeTable(storage, std::make_shared<MemoryCatalog>()), 5, 50).at(0);
  EXPECT_EQ(file.record_count, 45);
  EXPECT_EQ(file.value_counts.at(1), 45);
  EXPECT_EQ(file.null_counts.at(3), 0);
  EXPECT_EQ(file.nan_counts.at(4), 0);
  EXPECT_EQ(std::get<int64_t>(*iceberg::DeserializeValue(file.lower_bounds.at(1), {.id = iceberg::TypeId::kLong})), 5);
  EXPECT_EQ(std::get<double>(*iceberg::DeserializeValue(file.upper_bounds.at(4), {.id = iceberg::TypeId::kDouble})),
            24.5);
  EXPECT_EQ(file.upper_bounds.at(3), "p4");
  EXPECT_EQ(file.split_offsets.size(), 1u);
}

// Goal:   a truncated upper bound is never below the text.
// Method: carries, surrogates, and text without such a bound.
TEST(ParquetMetrics, UpperBoundsAreRoundedUp) {
  EXPECT_EQ(*TruncateUpperText("abc", 3), "abc");
  EXPECT_EQ(*TruncateUpperText("abcd", 3), "abd");
  EXPECT_EQ(*TruncateUpperText("a\U0010FFFFx", 2), "b");
  EXPECT_EQ(*TruncateUpperText("\uD7FFz", 1), "\uE000");
  EXPECT_FALSE(TruncateUpperText("\U0010FFFF\U0010FFFFx", 2));
  EXPECT_EQ(*TruncateUpperBytes("\x01\xff\x02", 2), std::string("\x02"));
  EXPECT_FALSE(TruncateUpperBytes("\xff\xff\x01", 2));
}

// Goal:   text that is not UTF-8 has no bounds, as truncating it by characters would be wrong.
// Method: long bytes as text.
TEST(ParquetMetrics, NoBoundsOfInvalidText) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  arrow::StringBuilder places;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(places.Append(std::string(30, char(0xFD + i))).ok());
  const auto rows = *Events(0, 3)->SetColumn(2, arrow::field("place", arrow::utf8()), *places.Finish());
  auto writer = *TableWriter::Open(storage, *table.metadata, {});
  ASSERT_TRUE(writer->Write(rows));
  const iceberg::DataFile file = writer->Finish()->at(0);
  EXPECT_TRUE(file.lower_bounds.find(3) == file.lower_bounds.end());
  EXPECT_TRUE(file.upper_bounds.find(3) == file.upper_bounds.end());
  EXPECT_TRUE(file.lower_bounds.find(1) != file.lower_bounds.end());
}

}  // namespace
}  // namespace ingot::rows
