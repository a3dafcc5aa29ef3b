#include "pipeline/rules.h"

#include <gtest/gtest.h>

#include "base/rows.h"
#include "pipeline/plan.h"
#include "tests/rows.h"

namespace ingot::pipeline {
namespace {

Result<Pipeline> ParseWithRules(const std::string& rules) {
  return ParsePipeline(R"(
pipeline: p
source: {files: x}
fields:
  name: {type: string}
  speed: {type: double}
  label: {type: string, compute: "name || ' '"}
bronze: {table: b.t}
silver:
  table: s.t
  rules:
)" + rules,
                       "f");
}

Pipeline WithRules(const std::string& rules) {
  return *ParseWithRules(rules);
}

// Goal:   a rule has the same number on columns and in SQL, and fixes have no number.
// Method: a fix before, between and after rules.
TEST(Rules, AreNumberedOnce) {
  const Pipeline pipeline = WithRules(R"(
    - {name: tidy, field: name, fix: trim}
    - {name: complete, not_null: [name, speed]}
    - {name: tidy_label, field: label, fix: trim}
    - {name: quick, check: "speed > 1", else: count}
    - {name: named, check: "name <> 'x'"}
)");
  EXPECT_EQ(RuleNames(pipeline.silver[0].rules), (std::vector<std::string>{"parse", "complete", "quick", "named"}));
  EXPECT_EQ(QuarantineBits(pipeline.silver[0].rules), 1u + 2 + 8);
  EXPECT_EQ(pipeline.silver[0].fixes.size(), 2u);
  const auto rows = RowsOf({{"name", arrow::utf8(), R"(["x", null, "a"])"}, {"speed", arrow::float64(), "[1, 2, 3]"}});
  std::vector<uint64_t> broken;
  for (size_t i = 0; i < pipeline.silver[0].rules.size(); ++i)
    ASSERT_TRUE(pipeline.silver[0].rules[i].check->Mark(*rows, RuleBit(i), broken));
  EXPECT_EQ(broken, (std::vector<uint64_t>{4 + 8, 2, 0}));
  const SilverSql sql = MakeSilverSql(pipeline, pipeline.silver[0], Dialect::kEmbedded, {});
  EXPECT_NE(sql.check.find(R"(CASE WHEN ("name" IS NULL OR "speed" IS NULL) THEN 2 ELSE 0 END)"), std::string::npos);
  EXPECT_NE(sql.check.find("THEN 4 ELSE 0 END"), std::string::npos);
  EXPECT_NE(sql.clean.find("(_broken & 11) <> 0"), std::string::npos);
  EXPECT_NE(sql.counts.find(R"(count_if((_broken & 8) <> 0) AS "named")"), std::string::npos);
}

// Goal:   a key that would have no effect on a rule or a fix is an error with its place.
// Method: each such key.
TEST(Rules, RejectKeysWithoutEffect) {
  const std::pair<const char*, const char*> cases[] = {
      {"fix: trim, field: name, else: count", "silver.rules[0].else: a fix never breaks a record"},
      {"fix: trim, field: name, else: quarantine", "silver.rules[0].else: a fix never breaks a record"},
      {"fix: trim, field: name, fail_above: 5%", "silver.rules[0].fail_above: a fix never breaks a record"},
      {"fix: trim, field: name, on_fail: fail", "silver.rules[0].on_fail: a fix never breaks a record"},
      {"not_null: [name], field: speed", "silver.rules[0].field: only a fix has a field"},
      {"check: speed > 1, fail_above: 5%, on_fail: fail", "silver.rules[0].on_fail: 'fail_above' is given, too"}};
  for (const auto& [keys, message] : cases) {
    const auto parsed = ParseWithRules(std::string("    - {name: a, ") + keys + "}\n");
    ASSERT_FALSE(parsed) << keys;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kBadConfig);
    EXPECT_NE(parsed.error().message.find(message), std::string::npos) << parsed.error().message;
  }
}

// Goal:   a field that a quarantine rule requires is a required column.
// Method: a quarantine rule, and a rule that only counts.
TEST(Rules, Require) {
  const Pipeline pipeline =
      WithRules("    - {name: a, not_null: [name]}\n    - {name: b, not_null: [speed], else: count}\n");
  EXPECT_TRUE(SilverSchema(pipeline, pipeline.silver[0]).FindByName("name")->required);
  EXPECT_FALSE(SilverSchema(pipeline, pipeline.silver[0]).FindByName("speed")->required);
}

// Goal:   fixes give the same values in SQL and on columns, also for computed fields.
// Method: a field of the record and a computed field.
TEST(Rules, FixesOfComputedFields) {
  const Pipeline pipeline =
      WithRules("    - {name: a, field: name, fix: trim}\n    - {name: b, field: label, fix: trim}\n");
  const std::string sql = MakeSilverSql(pipeline, pipeline.silver[0], Dialect::kSpark, {}).check;
  EXPECT_NE(sql.find("trim(BOTH ' \t\n\r' FROM `name`) AS `name`"), std::string::npos) << sql;
  EXPECT_NE(sql.find("trim(BOTH ' \t\n\r' FROM TRY_CAST("), std::string::npos) << sql;
  const auto column = ArrayOf(arrow::utf8(), R"([" a ", null])");
  EXPECT_EQ(Text(**Fixed(pipeline.silver[0].fixes, "label", column)), "[a,null]");
  EXPECT_EQ(*Fixed(pipeline.silver[0].fixes, "speed", column), column);
}

}  // namespace
}  // namespace ingot::pipeline
