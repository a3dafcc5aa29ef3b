#include "pipeline/tables.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

Pipeline Example() {
  return *ParsePipeline(R"yaml(
pipeline: p
source: {files: x}
fields: {a: {type: long}, t: {type: timestamptz}}
bronze: {table: b.t}
silver: {table: s.t, quarantine: s.q, rules: [{name: complete, not_null: [a]}]}
gold:
  - {table: g.t, group: {date: date(t)}, measures: {rows: count(*)}}
  - {table: g.u, group: {date: date(t)}, measures: {sum: sum(a)}}
)yaml",
                        "f");
}

std::string Text(const PipelineTable& table) {
  return std::string(TableKindName(table.kind)) + std::to_string(table.item) + " " + table.spec->table +
         (table.source == nullptr ? "" : " from " + table.source->table);
}

// Goal:   each table is listed once, with its kind and the table that it reads.
// Method: a pipeline of six tables, and a pipeline without a file.
TEST(Tables, All) {
  const Pipeline pipeline = Example();
  std::vector<std::string> all, some;
  for (const PipelineTable& table : TablesOf(pipeline)) all.push_back(Text(table));
  EXPECT_EQ(all, (std::vector<std::string>{"bronze0 b.t", "silver0 s.t from b.t", "quarantine0 s.q from b.t",
                                           "gold0 g.t from s.t", "gold1 g.u from s.t", "ops0 ops.runs",
                                           "ops1 ops.quality", "ops2 ops.changes"}));
  for (const PipelineTable& table : TablesOf(pipeline, kReportedKinds)) some.push_back(table.spec->table);
  EXPECT_EQ(some, (std::vector<std::string>{"b.t", "s.t", "g.t", "g.u"}));
  EXPECT_EQ(TablesOf({}).size(), 3u);
}

// Goal:   each gold table reads the silver table that it names.
// Method: a second silver table for one of two gold tables.
TEST(Tables, SeveralSilverTables) {
  Pipeline pipeline = Example();
  pipeline.silver.push_back(pipeline.silver[0]);
  pipeline.silver[1].table.table = "s.u";
  pipeline.silver[1].quarantine.table = "s.u_quarantine";
  pipeline.silver[1].rules.clear();
  pipeline.gold[1].from = 1;
  std::vector<std::string> all;
  for (const PipelineTable& table : TablesOf(pipeline)) all.push_back(Text(table));
  EXPECT_EQ(all, (std::vector<std::string>{"bronze0 b.t", "silver0 s.t from b.t", "quarantine0 s.q from b.t",
                                           "silver1 s.u from b.t", "quarantine1 s.u_quarantine from b.t",
                                           "gold0 g.t from s.t", "gold1 g.u from s.u", "ops0 ops.runs",
                                           "ops1 ops.quality", "ops2 ops.changes"}));
  const auto silver = TablesOf(pipeline, kReportedKinds);
  EXPECT_TRUE(SchemaOf(pipeline, silver[1]).FindByName("a")->required);
  EXPECT_FALSE(SchemaOf(pipeline, silver[2]).FindByName("a")->required);
}

// Goal:   each table has its own columns.
// Method: a column that only tables of its kind have.
TEST(Tables, Schemas) {
  const Pipeline pipeline = Example();
  const std::pair<TableKind, const char*> own[] = {{TableKind::kBronze, "_extra"},
                                                   {TableKind::kSilver, "_run_id"},
                                                   {TableKind::kQuarantine, "_rules"},
                                                   {TableKind::kGold, "updated_at"}};
  for (const auto& [kind, column] : own)
    for (const PipelineTable& table : TablesOf(pipeline, {&kind, 1}))
      EXPECT_NE(SchemaOf(pipeline, table).FindByName(column), nullptr) << Text(table);
  EXPECT_NE(SchemaOf(pipeline, TablesOf(pipeline)[4]).FindByName("sum"), nullptr);
}

// Goal:   a new name applies to each table except the ops tables.
// Method: one letter is appended.
TEST(Tables, Rename) {
  Pipeline pipeline = Example();
  RenameTables(pipeline, [](std::string& name) { name += "x"; });
  std::vector<std::string> names;
  for (const PipelineTable& table : TablesOf(pipeline)) names.push_back(table.spec->table);
  EXPECT_EQ(names, (std::vector<std::string>{"b.tx", "s.tx", "s.qx", "g.tx", "g.ux", "ops.runs", "ops.quality",
                                             "ops.changes"}));
}

}  // namespace
}  // namespace ingot::pipeline
