#include "silver/rule_evaluator.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::silver {
namespace {

pipeline::Pipeline Rules() {
  return *pipeline::ParsePipeline(R"(
pipeline: p
source: {files: x}
fields:
  name: {type: string}
  speed: {type: double}
  twice: {type: double, compute: "speed * 2"}
bronze: {table: b.t}
silver:
  table: s.t
  rules:
    - {name: tidy, field: name, fix: trim}
    - {name: complete, not_null: [name]}
    - {name: plausible, check: "twice < 100"}
    - {name: quick, check: "speed > 1", else: count}
  unique: {key: [name, twice]}
)",
                                  "f");
}

std::shared_ptr<arrow::RecordBatch> Bronze() {
  return RowsOf({{"name", arrow::utf8(), R"([" a ", null, "b", "c"])"},
                 {"speed", arrow::float64(), "[0.5, 60.0, null, 60.0]"},
                 {"_error", arrow::utf8(), R"([null, null, null, "not JSON"])"}});
}

// Goal:   fixes and computed fields are applied before the rules; a null breaks no check; _error breaks only "parse".
// Method: four rows, one for each.
TEST(RuleEvaluator, BitsOfBrokenRules) {
  const auto pipeline = Rules();
  const RuleEvaluator rules(pipeline, pipeline.silver[0]);
  const CheckedRows checked = *rules.Apply(*Bronze());
  EXPECT_EQ(rules.names(), (std::vector<std::string>{"parse", "complete", "plausible", "quick"}));
  EXPECT_EQ(checked.broken, (std::vector<uint64_t>{8, 2 + 4, 0, 1}));
  EXPECT_FALSE(rules.Quarantines(8));
  EXPECT_TRUE(rules.Quarantines(4));
  EXPECT_EQ(Text(*checked.rows->GetColumnByName("name")), "[a,null,b,c]");
  EXPECT_EQ(Text(*checked.rows->GetColumnByName("twice")), "[1,120,null,120]");
  EXPECT_NE(checked.rows->GetColumnByName("_error"), nullptr);
}

// Goal:   the key alone needs only the columns from which it is computed.
// Method: a computed key.
TEST(RuleEvaluator, KeysAlone) {
  const auto pipeline = Rules();
  const RuleEvaluator rules(pipeline, pipeline.silver[0]);
  EXPECT_EQ(rules.InputsOf({"twice"}), std::vector<std::string>{"speed"});
  const auto keys = *rules.Fixed(*Bronze(), pipeline.silver[0].unique);
  EXPECT_EQ(keys->schema()->field_names(), pipeline.silver[0].unique);
  EXPECT_EQ(Text(*keys->column(0)), "[a,null,b,c]");
}

}  // namespace
}  // namespace ingot::silver
