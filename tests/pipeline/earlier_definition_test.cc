#include "pipeline/earlier_definition.h"

#include <gtest/gtest.h>

#include "tests/pipeline/sample_definition.h"

namespace ingot::pipeline {
namespace {

std::string IdOf(const Result<Pipeline>& pipeline) {
  if (!pipeline) return pipeline.error().message;
  return DefinitionId(EarlierSilverDefinition(*pipeline, pipeline->silver[0]));
}

// Goal:   the id that tables of earlier versions have can be computed for as long as there are such tables.
// Method: ids that the version before `ingot.definition` wrote for the pipelines of this repository, and for one with a
//         computed field, units, a default, all kinds of rules and a fix.
TEST(EarlierDefinition, IdsOfTheEarlierVersion) {
  const std::string folder = std::string(INGOT_SOURCE_DIR) + "/pipelines/";
  EXPECT_EQ(IdOf(LoadPipeline(folder + "speedtest.yaml")),
            "91828095719e33319d0a656ab2d218f3a9c10134f4705ba6a17f94ebec98ec50");
  EXPECT_EQ(IdOf(LoadPipeline(folder + "mlab-ndt7.yaml")),
            "2199345990c167985bd13ec2347621b62068d45cbb7aa9883d9ae2372476e37e");
  const std::string every_kind =
      Edited(kStoredFile, {{"  twice:", "  deep:  {type: int, from: [$.a.b, $.c], default: 7}\n  twice:"},
                           {"speed between 0 and 100", "speed between 0 and 100 and not place in ('x', 'y')"},
                           {"not_null: [at, id]", "not_null: [id, at]"},
                           {"fail_above: 5%", "else: count"}});
  EXPECT_EQ(IdOf(ParsePipeline(every_kind, "p.yaml")),
            "e7bbed102d05004f5471ee6a7dac3e2b2cf31a901ada375cde22f1259c271197");
}

}  // namespace
}  // namespace ingot::pipeline
