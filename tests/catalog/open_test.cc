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

// Goal:   Spark opens the catalog of the URI with the login that Ingot uses.
// Method: each form of URI; user and password in the URI, in the environment, in both, in neither.
TEST(OpenCatalog, JavaProperties) {
  using Properties = std::map<std::string, std::string>;
  EXPECT_EQ(*JavaProperties("sqlite:///a/b.db"),
            (Properties{{"type", "jdbc"}, {"uri", "jdbc:sqlite:/a/b.db"}, {"jdbc.schema-version", "V1"}}));
  struct Case {
    const char *uri, *server, *user, *password;
  };
  const auto check = [](const std::vector<Case>& cases) {
    for (const auto& [uri, server, user, password] : cases) {
      Properties expected{
          {"type", "jdbc"}, {"uri", std::string("jdbc:postgresql://") + server}, {"jdbc.schema-version", "V1"}};
      if (*user != 0) expected["jdbc.user"] = user;
      if (*password != 0) expected["jdbc.password"] = password;
      EXPECT_EQ(*JavaProperties(uri), expected) << uri;
    }
  };
  unsetenv("PGUSER");
  unsetenv("PGPASSWORD");
  check({{"postgresql://me:p%40w@h:5432/d", "h:5432/d", "me", "p@w"},
         {"postgres://me@h/d?password=pw&sslmode=require", "h/d?sslmode=require", "me", "pw"},
         {"postgresql://me@h/d", "h/d", "me", ""},
         {"postgresql://h/d", "h/d", "", ""}});
  setenv("PGUSER", "you", 1);
  setenv("PGPASSWORD", "secret", 1);
  check({{"postgresql://me:pw@h:5432/d", "h:5432/d", "me", "pw"},
         {"postgresql://me@h:5432/d", "h:5432/d", "me", "secret"},
         {"postgresql://h/d?options=a@b", "h/d?options=a@b", "you", "secret"}});
  unsetenv("PGUSER");
  unsetenv("PGPASSWORD");
  setenv("INGOT_CATALOG_TOKEN", "t", 1);
  EXPECT_EQ(*JavaProperties("https://h/rest"),
            (Properties{{"type", "rest"}, {"uri", "https://h/rest"}, {"token", "t"}}));
  unsetenv("INGOT_CATALOG_TOKEN");
  EXPECT_EQ(JavaProperties("mysql://x").error().kind, ErrorKind::kBadConfig);
}

// Goal:   no message shows a password. Method: a URI of each kind, and one that is not supported.
TEST(OpenCatalog, MessagesWithoutPassword) {
  EXPECT_EQ(WithoutPassword("sqlite:///a@b:c/d.db"), "sqlite:///a@b:c/d.db");
  EXPECT_EQ(WithoutPassword("postgresql://me:pw@h/d"), "postgresql://me:***@h/d");
  EXPECT_EQ(WithoutPassword("postgresql://me@h/d"), "postgresql://me@h/d");
  EXPECT_EQ(WithoutPassword("postgresql://h/d?user=me&password=pw&sslmode=require"),
            "postgresql://me:***@h/d?sslmode=require");
  EXPECT_EQ(WithoutPassword("https://me:pw@h/rest"), "https://me:***@h/rest");
  EXPECT_EQ(WithoutPassword("https://h:80/rest"), "https://h:80/rest");
  EXPECT_EQ(WithoutPassword("nothing"), "nothing");
  EXPECT_EQ(OpenCatalog("mysql://me:pw@h/d", "").error().message.find("pw"), std::string::npos);
}

}  // namespace
}  // namespace ingot::catalog
