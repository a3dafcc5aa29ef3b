#include "pipeline/plan_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ingot::pipeline {
namespace {

Pipeline Speedtest() {
  return *LoadPipeline(std::string(INGOT_SOURCE_DIR) + "/pipelines/speedtest.yaml");
}

// Goal:   the plan has everything that the jobs need.
// Method: the shipped pipeline, in the dialect of each engine.
TEST(PlanJson, Speedtest) {
  const auto plan = nlohmann::json::parse(*PlanToJson(Speedtest(), Dialect::kSpark, "c"));
  EXPECT_EQ(plan["silver"][0]["time"], "timestamp");
  EXPECT_EQ(plan["silver"][0]["rules"][0], "parse");
  EXPECT_EQ(plan["gold"][0]["time"], "timestamp");
  EXPECT_EQ(plan["gold"][0]["replace_by"], "date");
  EXPECT_NE(plan["bronze"]["rows"].get<std::string>().find("FROM records"), std::string::npos);
  const auto clean = plan["silver"][0]["clean"].get<std::string>();
  EXPECT_NE(clean.find("LEFT ANTI JOIN silver_keys"), std::string::npos);
  EXPECT_NE(clean.find("{run_id}"), std::string::npos);
  const auto trino = nlohmann::json::parse(*PlanToJson(Speedtest(), Dialect::kTrino, "c"));
  EXPECT_FALSE(trino.contains("bronze"));
  EXPECT_NE(trino["silver"][0]["clean"].get<std::string>().find("NOT EXISTS"), std::string::npos);
  EXPECT_NE(trino["silver"][0]["quarantined"].get<std::string>().find("bitwise_and"), std::string::npos);
}

// Goal:   the plan names no time field and no replace column if there is none.
// Method: other groups.
TEST(PlanJson, WithoutTime) {
  Pipeline pipeline = Speedtest();
  pipeline.silver[0].unique = {"user_id"};
  EXPECT_EQ(SilverTimeField(pipeline, pipeline.silver[0]), "");
  GoldSpec& gold = pipeline.gold[0];
  gold.table.partition.clear();
  EXPECT_EQ(GoldReplaceColumn(gold), "");
  std::erase_if(gold.group, [](const auto& group) { return group.name != "location"; });
  EXPECT_EQ(GoldTimeField(gold), "");
}

// Goal:   the error for a feature that Spark's bronze does not support has the name of the field.
// Method: one field for each feature.
TEST(PlanJson, WhatSparkCannotParse) {
  const auto why = [](const std::string& field) {
    const auto pipeline = ParsePipeline(
        "pipeline: p\nsource: {files: x}\nfields:\n  a: " + field + "\nbronze: {table: b.t}\nsilver: {table: s.t}\n",
        "f");
    EXPECT_TRUE(pipeline) << pipeline.error().message;
    const auto plan = nlohmann::json::parse(*PlanToJson(*pipeline, Dialect::kSpark, "c"));
    return plan["bronze"].value("unsupported", "");
  };
  EXPECT_EQ(why("{type: double}"), "");
  EXPECT_NE(why("{type: double, coerce: true}").find("field a: coerce"), std::string::npos);
  EXPECT_NE(why("{type: double, from: \"$.x[-1].y\"}").find("counts from the end"), std::string::npos);
  EXPECT_EQ(why("{type: timestamptz, unit: ns}"), "");
}

}  // namespace
}  // namespace ingot::pipeline
