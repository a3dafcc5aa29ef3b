#include "gold/changed_groups.h"

#include <algorithm>

#include "iceberg/commit.h"
#include "pipeline/plan.h"
#include "stage/stage.h"
#include "tests/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::gold {
namespace {

const char* const kPipeline = R"yaml(
pipeline: p
source: {files: x}
fields:
  id:    {type: long}
  place: {type: string}
  speed: {type: double}
bronze: {table: b.t}
silver: {table: s.t}
gold:
  - {table: g.t, group: {place: place}, measures: {n: count(*), total: sum(speed)}}
)yaml";

struct Case {
  const char* name;
  std::vector<std::string> after;  // the files that replace the two of `before`: ids, places, speeds as JSON arrays
  std::vector<std::string> touched;
};

// Goal:   exactly the groups whose rows changed are found, for any way in which the files were rewritten.
// Method: two files of silver are replaced by others in one snapshot.
TEST(ChangedGroups, AreExactlyThose) {
  const std::string first = R"([1,2,3] ["a","b",null] [1.5,2.5,3.5])", second = R"([4,5] ["a","c"] [4.5,null])";
  const Case cases[] = {
      {"the same rows in other files",
       {R"([5,3,1] ["c",null,"a"] [null,3.5,1.5])", R"([2,4] ["b","a"] [2.5,4.5])"},
       {}},
      {"a row deleted", {R"([1,3] ["a",null] [1.5,3.5])", second}, {"b"}},
      {"a row of null deleted", {R"([1,2] ["a","b"] [1.5,2.5])", second}, {"null"}},
      {"a value changed", {first, R"([4,5] ["a","c"] [4.5,0.5])"}, {"c"}},
      {"two values exchanged between groups", {R"([1,2,3] ["b","a",null] [1.5,2.5,3.5])", second}, {"a", "b"}},
      {"two values exchanged in a group",
       {R"([1,2,3] ["a","b",null] [4.5,2.5,3.5])", R"([4,5] ["a","c"] [1.5,null])"},
       {}},
      {"a column that gold does not read", {R"([7,8,9] ["a","b",null] [1.5,2.5,3.5])", second}, {}},
      {"a row moved to a new group", {R"([1,2,3] ["a","d",null] [1.5,2.5,3.5])", second}, {"b", "d"}},
      {"a row doubled", {first, R"([4,5,5] ["a","c","c"] [4.5,null,null])"}, {"c"}},
      {"all rows deleted", {}, {"a", "b", "c", "null"}},
  };
  const pipeline::Pipeline pipeline = *pipeline::ParsePipeline(kPipeline, "f");
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    stage::Environment environment;
    environment.catalog = std::make_shared<rows::MemoryCatalog>();
    environment.storage = storage::MakeMemoryStorage();
    environment.warehouse = "file:///w";
    environment.pipeline = &pipeline;
    const auto& spec = pipeline.silver[0];
    auto silver = *stage::EnsureTable(
        environment, {.spec = spec.table, .schema = pipeline::SilverSchema(pipeline, spec), .definition = ""});
    const auto write = [&](const std::vector<std::string>& contents) {
      std::vector<iceberg::DataFile> files;
      for (const std::string& content : contents) {
        std::istringstream columns(content);
        std::string ids, places, speeds;
        columns >> ids >> places >> speeds;
        auto writer = *stage::RowWriter::Open(environment, silver);
        EXPECT_TRUE(writer.Write(RowsOf(
            {{"id", arrow::int64(), ids}, {"place", arrow::utf8(), places}, {"speed", arrow::float64(), speeds}})));
        std::ranges::move(writer.Finish()->files, std::back_inserter(files));
      }
      return files;
    };
    silver = *iceberg::CommitFiles(silver.home, {.added = write({first, second})});
    const stage::Mark consumed{.snapshot = silver.metadata->current_snapshot_id};
    const auto added = write(one.after);
    iceberg::SnapshotChange rewrite{.operation = "overwrite", .added = added};
    rewrite.removes = [&](const iceberg::DataFile& file) -> Result<bool> {
      return std::ranges::find(added, file.location, &iceberg::DataFile::location) == added.end();
    };
    silver = *iceberg::CommitFiles(silver.home, rewrite);
    const auto changes = *stage::ChangesSince(*silver.metadata, consumed, "s.t");
    const auto difference = *stage::PlanDifference(*silver.home.storage, *silver.metadata, changes,
                                                   pipeline::GoldInputColumns(pipeline.gold[0]));
    const auto changed = *FindChangedGroups(silver, difference, pipeline.gold[0], 2);
    std::vector<std::string> touched;
    for (size_t row = 0; row < changed.rows.size(); ++row)
      touched.push_back(changed.groups->column(0)->GetScalar(int64_t(row)).ValueOrDie()->ToString());
    std::ranges::sort(touched);
    EXPECT_EQ(touched, one.touched);
  }
}

}  // namespace
}  // namespace ingot::gold
