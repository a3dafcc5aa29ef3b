#include "iceberg/catalog.h"

#include <gtest/gtest.h>

namespace ingot::iceberg {
namespace {

// Goal:   table names are parsed with and without a catalog name.
// Method: both forms, nested namespaces, and invalid names.
TEST(Catalog, TableNames) {
  EXPECT_EQ(ParseTableName("bronze.raw", "cat")->Text(), "bronze.raw");
  EXPECT_EQ(ParseTableName("cat.bronze.raw", "cat")->space, "bronze");
  EXPECT_EQ(ParseTableName("a.b.c", "cat")->space, "a.b");
  EXPECT_EQ(ParseTableName("cat.raw", "cat")->space, "cat");
  for (const char* bad : {"raw", ".raw", "a.", ""})
    EXPECT_EQ(ParseTableName(bad, "cat").error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace ingot::iceberg
