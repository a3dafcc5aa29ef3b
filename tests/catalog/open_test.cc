#include "catalog/open.h"

#include <gtest/gtest.h>

namespace ingot::catalog {
namespace {

// Goal:   the URI selects the catalog; the error of an unknown scheme lists the valid ones. Method: one of each.
TEST(OpenCatalog, ByScheme) {
  EXPECT_EQ((*OpenCatalog("sqlite://" + testing::TempDir() + "ingot_open.db", ""))->Name(), "iceberg_catalog");
  const auto unknown = OpenCatalog("mysql://x", "");
  EXPECT_EQ(unknown.error().kind, ErrorKind::kBadConfig);
  EXPECT_NE(unknown.error().message.find("sqlite:///"), std::string::npos);
  EXPECT_EQ(OpenCatalog("http://127.0.0.1:1", "").error().kind, ErrorKind::kRetry);
  EXPECT_EQ(OpenCatalog("postgresql://nobody@127.0.0.1:1/none", "").error().kind, ErrorKind::kRetry);
}

}  // namespace
}  // namespace ingot::catalog
