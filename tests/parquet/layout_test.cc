#include "parquet/layout.h"

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

namespace ingot::parquet_format {
namespace {

// Goal:   types decide the encoding, options the rest. Method: a flat schema, a nested column, a bloom filter, an
// unsupported codec.
TEST(Layout, FollowsTypesAndOptions) {
  const auto number = arrow::field("n", arrow::int64()), text = arrow::field("t", arrow::utf8());
  const auto lay_out = [](arrow::FieldVector fields, const LayoutOptions& options) {
    const auto schema = arrow::schema(std::move(fields));
    return ChooseLayout(schema, options, **arrow::RecordBatch::MakeEmpty(schema));
  };
  const auto layout = lay_out({number, text}, {.codec = "gzip", .level = 99, .bloom_filters = {}});
  ASSERT_TRUE(layout);
  const auto path = [](const char* column) { return parquet::schema::ColumnPath::FromDotString(column); };
  EXPECT_TRUE(layout->flat);
  EXPECT_EQ(layout->properties->encoding(path("n")), parquet::Encoding::DELTA_BINARY_PACKED);
  EXPECT_FALSE(layout->properties->dictionary_enabled(path("n")));
  EXPECT_TRUE(layout->properties->dictionary_enabled(path("t")));
  EXPECT_EQ(layout->properties->compression(path("t")), parquet::Compression::GZIP);
  EXPECT_EQ(layout->properties->compression_level(path("t")), 9);
  EXPECT_EQ(layout->descriptor->num_columns(), 2);
  EXPECT_FALSE(lay_out({number, arrow::field("s", arrow::struct_({text}))}, {})->flat);
  EXPECT_FALSE(lay_out({number}, {.bloom_filters = {{"n", 0.01}}})->flat);
  EXPECT_EQ(lay_out({number}, {.codec = "zip", .bloom_filters = {}}).error().kind, ErrorKind::kBadConfig);
  EXPECT_EQ(CheckCodec("zip").error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::parquet_format
