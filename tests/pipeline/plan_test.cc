#include "pipeline/plan.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

Pipeline Speedtest() {
  return *LoadPipeline(std::string(INGOT_SOURCE_DIR) + "/pipelines/speedtest.yaml");
}

// Goal:   the tables have the columns that the architecture promises.
// Method: the names, and which columns are required.
TEST(Plan, Schemas) {
  const Pipeline pipeline = Speedtest();
  const auto bronze = BronzeSchema(pipeline), silver = SilverSchema(pipeline, pipeline.silver[0]),
             quarantine = QuarantineSchema(pipeline);
  for (const char* name : {"timestamp", "_source", "_source_partition", "_source_offset", "_produced_at",
                           "_ingested_at", "_extra", "_error", "_payload"})
    EXPECT_NE(bronze.FindByName(name), nullptr) << name;
  EXPECT_FALSE(bronze.FindByName("timestamp")->required);
  EXPECT_TRUE(silver.FindByName("latency")->required);
  EXPECT_EQ(quarantine.FindByName("_rules")->type.id, iceberg::TypeId::kList);
  EXPECT_EQ(GoldSchema(pipeline.gold[0]).FindByName("date")->type.id, iceberg::TypeId::kDate);
  EXPECT_EQ(bronze.fields[0].id, 1);
}

// Goal:   rules become bits, names are quoted, and gold is recomputed for touched hours.
// Method: text that the SQL must contain.
TEST(Plan, Sql) {
  Pipeline pipeline = Speedtest();
  pipeline.silver[0].rules[1].name = "it's";
  const SilverSql silver = MakeSilverSql(pipeline, pipeline.silver[0], Dialect::kEmbedded, {.run_id = "run"});
  EXPECT_NE(silver.quarantine.find("'it''s'"), std::string::npos);
  EXPECT_NE(silver.clean.find("ANTI JOIN silver_keys"), std::string::npos);
  pipeline.silver[0].unique.clear();
  EXPECT_EQ(MakeSilverSql(pipeline, pipeline.silver[0], Dialect::kEmbedded, {}).clean.find("PARTITION BY"),
            std::string::npos);
  EXPECT_EQ(TouchedGroups(pipeline.gold[0]).size(), 2u);
  EXPECT_EQ(TouchedInputColumns(pipeline.gold[0]), std::vector<std::string>{"timestamp"});
  EXPECT_NE(MakeGoldSql(pipeline, pipeline.gold[0], Dialect::kEmbedded, {}).aggregate.find("SEMI JOIN touched"),
            std::string::npos);
}

}  // namespace
}  // namespace ingot::pipeline
