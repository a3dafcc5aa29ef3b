#include "pipeline/table_names.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

struct Names {
  std::string bronze, silver, quarantine;
  std::vector<std::string> gold;
};

Pipeline Named(const Names& names) {
  Pipeline pipeline{.name = "p", .file = "p.yaml", .source = {}};
  pipeline.bronze.table = names.bronze;
  pipeline.silver.emplace_back();
  pipeline.silver[0].table.table = names.silver;
  pipeline.silver[0].quarantine.table = names.quarantine;
  for (const std::string& gold : names.gold) {
    pipeline.gold.emplace_back();
    pipeline.gold.back().table.table = gold;
  }
  return pipeline;
}

// Goal:   no two layers share a table, however its name is written. No table has the name of a ledger table.
// Method: each pair of layers, names with other case, names with the catalog, and the reserved names.
TEST(TableNames, OneTableForOneLayer) {
  const std::pair<Names, std::string> cases[] = {
      {{"b.t", "s.t", "s.q", {"g.t", "g.u"}}, ""},
      {{"b.t", "b.t", "s.q", {}}, "silver"},
      {{"b.t", "s.t", "s.t", {}}, "quarantine"},
      {{"b.t", "s.t", "b.t", {}}, "quarantine"},
      {{"b.t", "s.t", "s.q", {"s.t"}}, "gold"},
      {{"b.t", "s.t", "s.q", {"g.t", "g.t"}}, "gold"},
      {{"b.t", "B.T", "s.q", {}}, "silver"},
      {{"b.t", "lake.b.t", "s.q", {}}, "silver"},
      {{"b.t", "s.t", "s.q", {"lake.S.Q"}}, "gold"},
      {{"ops.runs", "s.t", "s.q", {}}, "bronze"},
      {{"b.t", "s.t", "ops.changes", {}}, "quarantine"},
      {{"b.t", "s.t", "s.q", {"OPS.quality"}}, "gold"},
      {{"b.{topic}", "s.{topic}", "s.{topic}_q", {"g.{topic}"}}, ""},
  };
  for (const auto& [names, key] : cases) {
    const auto clash = FindNameClash(Named(names), "lake");
    EXPECT_EQ(clash ? TableKindName(clash->kind) : "", key)
        << names.bronze << " " << names.silver << " " << names.quarantine;
  }
}

// Goal:   no name points outside of its folder or into the folder of another table.
// Method: names that do, and unusual names that are allowed.
TEST(TableNames, NamesOfFolders) {
  for (const char* good : {"b.t", "a.b.t", "My-NS.Sil ver", "My-NS.qu'ar", "b.{topic}", "b.100%"})
    EXPECT_EQ(ProblemOfTableName(good), "") << good;
  for (const char* bad : {"b..t", "..t", ".b.t", "b.t/", "b/../b.t", "./b.t", "b.t/x", " b.t", "b.t ", "b .t", "b.t\n"})
    EXPECT_NE(ProblemOfTableName(bad), "") << bad;
}

}  // namespace
}  // namespace ingot::pipeline
