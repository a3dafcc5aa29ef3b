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

// Goal:   Spark opens the catalog of the URI. Method: each form of URI, with and without user, password and options.
TEST(OpenCatalog, JavaProperties) {
  setenv("PGPASSWORD", "secret", 1);
  setenv("INGOT_CATALOG_TOKEN", "t", 1);
  using Properties = std::map<std::string, std::string>;
  EXPECT_EQ(*JavaProperties("sqlite:///a/b.db"),
            (Properties{{"type", "jdbc"}, {"uri", "jdbc:sqlite:/a/b.db"}, {"jdbc.schema-version", "V1"}}));
  for (const auto& [uri, server, user] :
       {std::tuple{"postgresql://me@h:5432/d", "h:5432/d", "me"},
        {"postgres://me:pw@h:5432/d?sslmode=require", "h:5432/d?sslmode=require", "me"},
        {"postgresql://h/d?options=a@b", "h/d?options=a@b", ""}})
    EXPECT_EQ(*JavaProperties(uri), (Properties{{"type", "jdbc"},
                                                {"uri", std::string("jdbc:postgresql://") + server},
                                                {"jdbc.schema-version", "V1"},
                                                {"jdbc.user", user},
                                                {"jdbc.password", "secret"}}));
  EXPECT_EQ(*JavaProperties("https://h/rest"),
            (Properties{{"type", "rest"}, {"uri", "https://h/rest"}, {"token", "t"}}));
  EXPECT_EQ(JavaProperties("mysql://x").error().kind, ErrorKind::kBadConfig);
  unsetenv("PGPASSWORD");
  unsetenv("INGOT_CATALOG_TOKEN");
}

}  // namespace
}  // namespace ingot::catalog
