#include "pipeline/definition.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

const std::string kFile = R"(
pipeline: p
source: {files: landing}
fields:
  at:    {type: timestamptz, unit: ms, range: [2000-01-01, now+1d]}
  id:    {type: long}
  speed: {type: double, unit: Mbit/s, from_unit: kbit/s}
  place: {type: string}
  twice: {type: double, compute: "speed * 2"}
bronze: {table: b.t}
silver:
  table: s.t
  rules:
    - {name: place_trimmed, field: place, fix: trim}
    - {name: complete, not_null: [at, id]}
    - {name: plausible, check: "speed between 0 and 100", fail_above: 5%}
  unique: {key: [id, at]}
gold:
  - table: g.t
    group: {date: date(at)}
    measures: {n: count(*)}
)";

std::string Edited(const std::string& from, const std::string& to) {
  std::string text = kFile;
  text.replace(text.find(from), from.size(), to);
  const auto pipeline = ParsePipeline(text, "p.yaml");
  EXPECT_TRUE(pipeline) << from << ": " << pipeline.error().message;
  return DefinitionId(SilverDefinition(*pipeline, pipeline->silver[0]));
}

// Goal:   the definition changes exactly when the same bronze rows, or the same records, could give other rows.
// Method: one edit of each kind at a time.
TEST(Definition, WhatComputesTheRows) {
  const std::string original = Edited("pipeline: p", "pipeline: p");
  EXPECT_EQ(original, "2e1f9a12fa1bee62aa8040fcbea595f0b79310d7fc12360b6f68bd8ee1c17f2e");  // stored in tables
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"between 0 and 100", "between 0 and 1000"},
           {"speed * 2", "speed * 3"},
           {"type: long", "type: int"},
           {"unit: ms", "unit: s"},
           {"now+1d", "now+2d"},
           {"from_unit: kbit/s", "from_unit: bit/s"},
           {"id:    {type: long}", "id:    {type: long, from: $.key}"},
           {"id:    {type: long}", "id:    {type: long, coerce: true}"},
           {"place: {type: string}", "place: {type: string, default: none}"},
           {"[at, id]", "[at]"},
           {"key: [id, at]", "key: [id]"},
           {", fail_above: 5%", ", else: count"},
           {"    - {name: place_trimmed, field: place, fix: trim}\n", ""}})
    EXPECT_NE(Edited(from, to), original) << to;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"pipeline: p", "# a comment\npipeline: q"},
           {"{table: b.t}", "{table: b.t, partition: day(at), keep: 90d}"},
           {"speed between 0 and 100", "speed  BETWEEN 0 AND 100"},
           {"  id:    {type: long}\n  speed: {type: double, unit: Mbit/s, from_unit: kbit/s}\n",
            "  speed: {from_unit: kbit/s, unit: Mbit/s, type: double}\n  id:    {type: long}\n"},
           {"[id, at]", "[at, id]"},
           {", fail_above: 5%", ""},
           {"count(*)", "max(speed)"}})
    EXPECT_EQ(Edited(from, to), original) << to;
}

}  // namespace
}  // namespace ingot::pipeline
