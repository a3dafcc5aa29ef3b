#include "pipeline/earlier_definition.h"

#include <gtest/gtest.h>

#include "pipeline/definition.h"

namespace ingot::pipeline {
namespace {

std::string IdOf(const Result<Pipeline>& pipeline) {
  if (!pipeline) return pipeline.error().message;
  return DefinitionId(EarlierSilverDefinition(*pipeline, pipeline->silver[0]));
}

const char* const kEveryKind = R"yaml(
pipeline: p
source: {files: landing}
fields:
  at:    {type: timestamptz, unit: ms, range: [2000-01-01, now+1d]}
  id:    {type: long}
  speed: {type: double, unit: Mbit/s, from_unit: kbit/s}
  place: {type: string}
  deep:  {type: int, from: [$.a.b, $.c], default: 7}
  twice: {type: double, compute: "speed * 2"}
bronze: {table: b.t}
silver:
  table: s.t
  rules:
    - {name: place_trimmed, field: place, fix: trim}
    - {name: complete, not_null: [id, at]}
    - {name: plausible, check: "speed between 0 and 100 and not place in ('x', 'y')", else: count}
  unique: {key: [id, at]}
)yaml";

// Goal:   the id that tables of earlier versions have can be computed for as long as there are such tables.
// Method: ids that the version before `ingot.definition` wrote for the pipelines of this repository, and for one with a
//         computed field, units, a default, all kinds of rules and a fix.
TEST(EarlierDefinition, IdsOfTheEarlierVersion) {
  const std::string folder = std::string(INGOT_SOURCE_DIR) + "/pipelines/";
  EXPECT_EQ(IdOf(LoadPipeline(folder + "speedtest.yaml")),
            "91828095719e33319d0a656ab2d218f3a9c10134f4705ba6a17f94ebec98ec50");
  EXPECT_EQ(IdOf(LoadPipeline(folder + "mlab-ndt7.yaml")),
            "2199345990c167985bd13ec2347621b62068d45cbb7aa9883d9ae2372476e37e");
  EXPECT_EQ(IdOf(ParsePipeline(kEveryKind, "p.yaml")),
            "e7bbed102d05004f5471ee6a7dac3e2b2cf31a901ada375cde22f1259c271197");
}

}  // namespace
}  // namespace ingot::pipeline
