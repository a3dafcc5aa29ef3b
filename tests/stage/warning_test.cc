#include "stage/warning.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace ingot::stage {
namespace {

// Goal:   a program can read a warning, and each kind has a name of its own.
// Method: JSON of each kind.
TEST(Warning, JsonOfEachKind) {
  std::set<std::string> names;
  for (const WarningKind kind : kWarningKinds) {
    const Warning warning{
        .kind = kind, .table = "b.t", .field = "a\"b", .message = "none", .rows_checked = 3, .rows_found = 2};
    const auto json = nlohmann::json::parse(warning.ToJson());
    names.insert(json["code"]);
    EXPECT_EQ(json["field"], "a\"b");
    EXPECT_EQ(json["rows_found"], 2);
  }
  EXPECT_EQ(names.size(), std::size(kWarningKinds));
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace ingot::stage
