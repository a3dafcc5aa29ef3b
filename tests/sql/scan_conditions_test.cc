#include "sql/scan_conditions.h"

#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

// Goal:   each scan is found with its condition. Method: scans with a filter, without one, with a multi-line filter,
// and below a LIMIT; plans that hide scans; no plan.
TEST(ScanConditions, OfAPlan) {
  const auto node = [](const std::string& name, const std::string& info, const std::string& children) {
    return R"({"name":")" + name + R"(","children":[)" + children + R"(],"extra_info":{)" + info + "}}";
  };
  const auto filter = [&](const std::string& text, const std::string& below) {
    return node("FILTER", R"("Expression":)" + text, below);
  };
  const std::string scan = node("INGOT_RELATION_0", R"("Function":"X")", "");
  const auto scans = ScanConditions("[" +
                                    node("JOIN", "",
                                         filter(R"x("(n = 1)")x", scan) + "," + filter(R"x(["(n = 'a","b')"])x", scan) +
                                             "," + scan + "," + filter(R"x("(n = 2)")x", node("LIMIT", "", scan))) +
                                    "]");
  ASSERT_TRUE(scans);
  std::vector<std::string> conditions;
  for (const ScanCondition& one : *scans) {
    EXPECT_EQ(one.function, "ingot_relation_0");
    conditions.push_back(one.condition);
  }
  EXPECT_EQ(conditions, (std::vector<std::string>{"(n = 1)", "(n = 'a\nb')", "", ""}));
  EXPECT_FALSE(ScanConditions("[" + node("JOIN", "", scan + "," + node("POSITIONAL_SCAN", "", "")) + "]"));
  for (const char* none : {"", "[1]", "[{}]", "{", R"([{"name":"A"}])"}) EXPECT_FALSE(ScanConditions(none)) << none;
}

}  // namespace
}  // namespace ingot::sql
