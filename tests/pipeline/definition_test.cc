#include "pipeline/definition.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/pipeline/sample_definition.h"

namespace ingot::pipeline {
namespace {

/// The ids of bronze, silver and gold.
using Ids = std::array<std::string, 3>;
Ids IdsAfter(const Edit& edit) {
  const Pipeline pipeline = ParsedSample(Edited(kStoredFile, {edit}));
  return {DefinitionId(BronzeDefinition(pipeline)), DefinitionId(SilverDefinition(pipeline, pipeline.silver[0])),
          DefinitionId(GoldDefinition(pipeline, pipeline.gold[0]))};
}

// Goal:   a definition changes exactly when the same records could give other rows: also in the tables downstream, and
//         never upstream.
// Method: one edit of each kind at a time, by the first layer that it affects.
TEST(Definition, WhatComputesTheRows) {
  const Ids original = IdsAfter({"pipeline: p", "pipeline: p"});
  EXPECT_EQ(original[1], "9761a75d2feb83b03813cba79f3a318dfb1775d3f96df87c000d092f2ca5f549");  // stored in tables
  const std::vector<Edit> layers[] = {
      {{"type: long", "type: int"},
       {"unit: ms", "unit: s"},
       {"now+1d", "now+2d"},
       {"2000-01-01", "2001-01-01"},
       {"from_unit: kbit/s", "from_unit: bit/s"},
       {"id:    {type: long}", "id:    {type: long, from: $.key}"},
       {"id:    {type: long}", "id:    {type: long, from: [$.id, $.key]}"},
       {"id:    {type: long}", "id:    {type: long, coerce: true}"},
       {"place: {type: string}", "place: {type: string, default: none}"},
       {"  place: {type: string}\n", "  place: {type: string}\n  more: {type: string}\n"},
       {"{files: landing}", "{files: landing, format: document}"},
       {"{files: landing}", "{files: landing, format: csv}"},
       {"{files: landing}", "{kafka: {brokers: b, topic: t, keep: key}}"},
       {"{table: b.t}", "{table: b.t, extra: variant}"}},
      {{"between 0 and 100", "between 0 and 1000"},
       {"speed * 2", "speed * 3"},
       {"[at, id]", "[at]"},
       {"key: [id, at]", "key: [id]"},
       {", fail_above: 5%", ", else: count"},
       {"    - {name: place_trimmed, field: place, fix: trim}\n", ""},
       {"name: complete", "name: whole"}},
      {{"count(*)", "max(speed)"},
       {"count(*)", "count(id)"},
       {"n: count(*)", "n: count(*), m: max(speed)"},
       {"n: count(*)", "m: count(*)"},
       {"date: date(at)", "date: date(at), place: place"},
       {"date: date(at)", "date: hour(at)"}}};
  for (size_t layer = 0; layer < 3; ++layer)
    for (const Edit& edit : layers[layer]) {
      const Ids ids = IdsAfter(edit);
      for (size_t i = 0; i < 3; ++i) EXPECT_EQ(ids[i] != original[i], i >= layer) << edit.to << " in layer " << i;
    }
  for (const Edit& edit :
       std::vector<Edit>{{"pipeline: p", "# a comment\npipeline: q"},
                         {"{files: landing}", "{files: elsewhere}"},
                         {"{table: b.t}", "{table: b.u, partition: day(at), keep: 90d, sort: id, properties: {a: b}}"},
                         {"speed between 0 and 100", "speed  BETWEEN 0 AND 100"},
                         {"  id:    {type: long}\n  speed: {type: double, unit: Mbit/s, from_unit: kbit/s}\n",
                          "  speed: {from_unit: kbit/s, unit: Mbit/s, type: double}\n  id:    {type: long}\n"},
                         {"id:    {type: long}", "id:    {type: long, from: $.id, coerce: false}"},
                         {"key: [id, at]", "key: [at, id]"},
                         {"not_null: [at, id]", "not_null: [id, at]"},
                         {"name: place_trimmed", "name: tidy"},
                         {", fail_above: 5%", ""},
                         {"count(*)", "COUNT( * )"}})
    EXPECT_EQ(IdsAfter(edit), original) << edit.to;
}

// Goal:   the JSON has words and no numbers of enums, since tables keep it for years.
// Method: the definition of gold, which contains the others.
TEST(Definition, Json) {
  const Pipeline pipeline = ParsedSample(kStoredFile);
  const auto gold = nlohmann::json::parse(GoldDefinition(pipeline, pipeline.gold[0]));
  EXPECT_EQ(gold["silver"].dump(), SilverDefinition(pipeline, pipeline.silver[0]));
  EXPECT_EQ(gold["silver"]["bronze"].dump(), BronzeDefinition(pipeline));
  EXPECT_EQ(gold["silver"]["bronze"]["fields"]["at"].dump(),
            R"({"from":[["at"]],"time_format":"ms","time_max_after_now":86400000000,"time_min":946684800000000,)"
            R"("type":"timestamptz"})");
  EXPECT_EQ(gold["measures"].dump(),
            R"({"n":{"expression":{"arguments":[{"kind":"star"}],"kind":"call","text":"count","version":1},)"
            R"("type":"long"}})");
  EXPECT_EQ(gold["silver"]["fixes"].dump(), R"({"place":[{"fix":"trim","version":1}]})");
}

// Goal:   each table has the definition of its kind, and ops tables have none.
// Method: all tables of the file.
TEST(Definition, OfEachTable) {
  const Pipeline pipeline = ParsedSample(kStoredFile);
  const std::string silver = SilverDefinition(pipeline, pipeline.silver[0]);
  const std::map<TableKind, std::string> expected{{TableKind::kBronze, BronzeDefinition(pipeline)},
                                                  {TableKind::kSilver, silver},
                                                  {TableKind::kQuarantine, silver},
                                                  {TableKind::kGold, GoldDefinition(pipeline, pipeline.gold[0])},
                                                  {TableKind::kOps, ""}};
  for (const PipelineTable& table : TablesOf(pipeline))
    EXPECT_EQ(DefinitionOf(pipeline, table), expected.at(table.kind)) << table.spec->table;
}

// Goal:   without a header the order of the fields decides what a row of CSV means.
// Method: two fields in both orders, without and with a header.
TEST(Definition, CsvWithoutHeader) {
  const auto id = [](const std::string& csv, const std::string& fields) {
    const auto pipeline = ParsePipeline("pipeline: p\nsource: {files: x, format: csv, csv: {" + csv + "}}\nfields:\n" +
                                            fields + "bronze: {table: b.t}\nsilver: {table: s.t}\n",
                                        "f");
    EXPECT_TRUE(pipeline) << pipeline.error().message;
    return DefinitionId(BronzeDefinition(*pipeline));
  };
  const std::string a = "  a: {type: long}\n", b = "  b: {type: long}\n";
  EXPECT_NE(id("header: false", a + b), id("header: false", b + a));
  EXPECT_EQ(id("header: true", a + b), id("header: true", b + a));
  EXPECT_NE(id("delimiter: tab", a + b), id("header: true", a + b));
}

}  // namespace
}  // namespace ingot::pipeline
