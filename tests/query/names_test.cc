#include "query/names.h"

#include <gtest/gtest.h>

#include "tests/rows/fixtures.h"

namespace ingot::query {
namespace {

const std::vector<iceberg::TableName> kTables{{"bronze", "raw"}, {"gold", "agg"}};

std::string Rewritten(const std::string& sql) {
  const auto rewritten = RewriteNames(sql, kTables, {"snapshots", "files"}, "lake");
  return rewritten ? rewritten->sql : "error: " + rewritten.error().message;
}

// Goal:   names of metadata tables are rewritten, and nothing else. Method: with and without the catalog, in quotes, in
// a string, in a comment, as a column.
TEST(RewriteNames, MetadataTables) {
  EXPECT_EQ(Rewritten("SELECT * FROM bronze.raw.snapshots"), R"(SELECT * FROM "bronze"."raw$snapshots")");
  EXPECT_EQ(Rewritten("select * from lake.Bronze.RAW.Files f join gold.agg g"),
            R"(select * from "bronze"."raw$files" f join gold.agg g)");
  EXPECT_EQ(Rewritten(R"(FROM "bronze"."raw".files)"), R"(FROM "bronze"."raw$files")");
  for (const char* same : {"SELECT 'from bronze.raw.files'", "SELECT 1 -- from bronze.raw.files\n",
                           "SELECT bronze.raw.files FROM bronze.raw", "SELECT * FROM bronze.other.files",
                           "SELECT /* from bronze.raw.files */ 1", "SELECT * FROM bronze.raw.nothing"})
    EXPECT_EQ(Rewritten(same), same);
}

// Goal:   AS OF clauses of Spark and Trino are rewritten. Method: by id, by tag, by timestamp; aliases.
TEST(RewriteNames, AsOf) {
  EXPECT_EQ(Rewritten("SELECT * FROM bronze.raw FOR VERSION AS OF 12 WHERE x > 1"),
            R"(SELECT * FROM "bronze"."raw@0" AS "raw" WHERE x > 1)");
  EXPECT_EQ(Rewritten("SELECT * FROM lake.bronze.raw VERSION AS OF 'eom' a, gold.agg for timestamp as of timestamp "
                      "'2026-01-01' AS b"),
            R"(SELECT * FROM "bronze"."raw@0" a, "gold"."agg@1" AS b)");
  EXPECT_TRUE(Rewritten("SELECT * FROM gold.agg FOR TIMESTAMP AS OF 'once'").starts_with("error: not a timestamp"));
  EXPECT_TRUE(Rewritten("SELECT * FROM gold.agg FOR VERSION AS OF").starts_with("error: AS OF: a snapshot id"));
  const auto both = *RewriteNames("FROM gold.agg FOR VERSION AS OF 5", kTables, {}, "lake");
  EXPECT_EQ(std::get<int64_t>(both.as_of.at({"gold", "agg@0"}).second.version), 5);
}

// Goal:   the right snapshot is found; errors say what to do. Method: two snapshots and a tag.
TEST(ResolveAsOf, FindsSnapshots) {
  const auto first =
      rows::Append(rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>()), 0, 5);
  const iceberg::SnapshotId id = *first.metadata->current_snapshot_id;
  const auto table = *iceberg::CommitMetadata(rows::Append(first, 5, 9).home, [&](iceberg::TableMetadata& metadata) {
    return iceberg::SetRef(metadata, "eom", {.snapshot_id = id, .type = "tag"});
  });
  const auto& metadata = *table.metadata;
  EXPECT_EQ(ResolveAsOf(metadata, {.version = id, .time_micros = {}}, "t"), id);
  EXPECT_EQ(ResolveAsOf(metadata, {.version = "eom", .time_micros = {}}, "t"), id);
  EXPECT_EQ(ResolveAsOf(metadata, {.version = {}, .time_micros = metadata.snapshot_log[0].timestamp_ms * 1000}, "t"),
            metadata.snapshot_log[0].timestamp_ms == metadata.snapshot_log[1].timestamp_ms
                ? *metadata.current_snapshot_id
                : id);
  EXPECT_EQ(ResolveAsOf(metadata, {.version = {}, .time_micros = 0}, "t").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(ResolveAsOf(metadata, {.version = "no", .time_micros = {}}, "t").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(ResolveAsOf(metadata, {.version = iceberg::SnapshotId(1), .time_micros = {}}, "t").error().kind,
            ErrorKind::kNotFound);
}

}  // namespace
}  // namespace ingot::query
