#include "iceberg/sort_order.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   sort orders are parsed.
// Method: each form, and invalid text.
TEST(SortOrder, Text) {
  EXPECT_EQ(*ParseSortColumn("place"), (SortColumn{.column = "place"}));
  EXPECT_EQ(*ParseSortColumn(" at  DESC "), (SortColumn{.column = "at", .descending = true}));
  EXPECT_EQ(*ParseSortColumn("speed asc nulls last"), (SortColumn{.column = "speed", .nulls_first = false}));
  EXPECT_EQ(*ParseSortColumn("speed nulls first"), (SortColumn{.column = "speed", .nulls_first = true}));
  for (const char* bad : {"", "a b", "a desc nulls", "a asc desc", "a nulls first x"})
    EXPECT_EQ(ParseSortColumn(bad).error().kind, ErrorKind::kBadInput) << bad;
}

// Goal:   a table keeps each sort order once; 0 is unsorted.
// Method: set an order, another one, the first again, none.
TEST(SortOrder, OfATable) {
  TableMetadata metadata =
      *MakeTableMetadata({.schema = rows::EventSchema(), .partition = {}, .location = "file:///x", .properties = {}});
  EXPECT_TRUE(metadata.DefaultSort().empty());
  ASSERT_TRUE(SetSortOrder(metadata, {{.column = "place"}, {.column = "at", .descending = true}}));
  EXPECT_EQ(metadata.default_sort_order_id, 1);
  const std::vector<SortColumn> wanted{{.column = "place", .nulls_first = true},
                                       {.column = "at", .descending = true, .nulls_first = false}};
  EXPECT_EQ(metadata.DefaultSort(), wanted);
  ASSERT_TRUE(SetSortOrder(metadata, {{.column = "id"}}));
  EXPECT_EQ(metadata.default_sort_order_id, 2);
  ASSERT_TRUE(SetSortOrder(metadata, wanted));
  EXPECT_EQ(metadata.default_sort_order_id, 1);
  ASSERT_TRUE(SetSortOrder(metadata, {}));
  EXPECT_EQ(metadata.default_sort_order_id, 0);
  EXPECT_EQ(metadata.sort_orders.size(), 3u);
  EXPECT_EQ(SetSortOrder(metadata, {{.column = "nothing"}}).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(ParseTableMetadata(TableMetadataToJson(metadata))->sort_orders.size(), 3u);
}

}  // namespace
}  // namespace ingot::iceberg
