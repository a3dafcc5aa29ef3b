#include "pipeline/keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

// Goal:   the JSON Schema has every key of the validator, and the file in docs/ is the schema of this program.
TEST(Keys, JsonSchemaIsComplete) {
  const auto schema = nlohmann::json::parse(PipelineJsonSchema());
  for (const std::string& name : KeyNames(PipelineKeys())) EXPECT_TRUE(schema["properties"].contains(name)) << name;
  EXPECT_TRUE(schema["properties"]["fields"]["additionalProperties"]["properties"].contains("from_unit"));
  std::ifstream in(std::string(INGOT_SOURCE_DIR) + "/docs/pipeline.schema.json");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), PipelineJsonSchema() + "\n") << "run: ingot compile --json-schema > docs/pipeline.schema.json";
}

}  // namespace
}  // namespace ingot::pipeline
