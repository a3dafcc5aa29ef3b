#include "gold/gold.h"

#include <algorithm>

#include "iceberg/commit.h"
#include "rows/scan.h"
#include "stage/stage.h"
#include "tests/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::gold {
namespace {

pipeline::Pipeline Hourly(const std::string& table) {
  return *pipeline::ParsePipeline(R"yaml(
pipeline: p
source: {files: x}
fields:
  t: {type: timestamptz, unit: us}
  place: {type: string}
  speed: {type: double}
bronze: {table: b.t}
silver: {table: s.t}
gold:
  - table: )yaml" + table + R"yaml(
    partition: date
    group: {date: date(t), hour: hour(t), place: place}
    measures: {rows: count(*), speeds: count(distinct speed), middle: "quantile(speed, 0.5)", mean: avg(speed), low: min(speed)}
)yaml",
                                  "f");
}

constexpr int64_t kHour = 3'600'000'000;
constexpr GoldOptions kFollower{.keep_groups = true};

/// A silver table, and gold tables computed from it.
class GoldTest : public testing::Test {
 protected:
  GoldTest() {
    environment_.catalog = std::make_shared<rows::MemoryCatalog>();
    environment_.storage = storage::MakeMemoryStorage();
    environment_.warehouse = "file:///w";
    environment_.pipeline = &pipeline_;
    silver_ = *stage::EnsureTable(environment_, {.spec = pipeline_.silver[0].table,
                                                 .schema = pipeline::SilverSchema(pipeline_, pipeline_.silver[0]),
                                                 .definition = ""});
  }

  /// Appends `rows` rows in each of the hours, of two locations; returns the files.
  std::vector<iceberg::DataFile> Append(const std::vector<int64_t>& hours, int rows) {
    std::string times, places, speeds;
    for (const int64_t hour : hours)
      for (int i = 0; i < rows; ++i) {
        times += (times.empty() ? "" : ",") + std::to_string(hour * kHour + i);
        places += std::string(places.empty() ? "" : ",") + (i % 3 == 0 ? "\"a\"" : "\"b\"");
        speeds += (speeds.empty() ? "" : ",") + std::to_string(next_++ % 17);
      }
    auto writer = *stage::RowWriter::Open(environment_, silver_);
    EXPECT_TRUE(writer.Write(RowsOf({{"t", Time(), "[" + times + "]"},
                                     {"place", arrow::utf8(), "[" + places + "]"},
                                     {"speed", arrow::float64(), "[" + speeds + "]"}})));
    const auto written = *writer.Finish();
    silver_ = *iceberg::CommitFiles(silver_.home, {.added = written.files});
    return written.files;
  }

  void Remove(const std::vector<iceberg::DataFile>& files) {
    silver_ =
        *iceberg::CommitSnapshot(silver_.home, {.operation = "delete", .removes = [&](const iceberg::DataFile& file) {
                                                  return Result<bool>(file.location == files[0].location);
                                                }});
  }

  int64_t Run(Gold& gold) {
    const auto report = gold.Run(environment_, {}, [](int64_t) {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->rows_in : -1;
  }

  std::vector<std::string> Rows(const std::string& table) const {
    const auto home = *environment_.Home(table);
    const auto loaded = *iceberg::LoadTable(home);
    const auto all =
        *rows::ReadRows(home.storage, *loaded.metadata, *rows::PlanScan(*home.storage, *loaded.metadata, {}));
    std::vector<std::string> rows;
    for (int64_t row = 0; row < all->num_rows(); ++row) {
      std::string text;
      for (int i = 0; i + 1 < all->num_columns(); ++i)  // without updated_at
        text += all->column(i)->GetScalar(row).ValueOrDie()->ToString() + " ";
      rows.push_back(std::move(text));
    }
    std::ranges::sort(rows);
    return rows;
  }

  /// Expects gold to equal a computation from all of silver at once.
  void ExpectRight() {
    const auto fresh = Hourly("g.fresh" + std::to_string(next_));
    auto environment = environment_;
    environment.pipeline = &fresh;
    ASSERT_TRUE(Gold().Run(environment, {}, [](int64_t) {}));
    EXPECT_EQ(Rows("g.kept"), Rows(fresh.gold[0].table.table));
  }

  const pipeline::Pipeline pipeline_ = Hourly("g.kept");
  stage::Environment environment_;
  iceberg::Table silver_;
  int next_ = 0;
};

// Goal:   kept state gives the same result as silver, with late rows and with a second follower that takes turns.
// Method: each round compared with a fresh computation.
TEST_F(GoldTest, KeptGroupsAreRight) {
  Gold one(kFollower), other(kFollower);
  for (Gold* turn : {&one, &one, &other, &one, &one, &other, &other, &one}) {
    Append({10, 11}, 20);
    EXPECT_EQ(Run(*turn), 40);
    ExpectRight();
  }
  Append({2, 11}, 10);
  Append({30}, 10);
  Run(one);
  ExpectRight();
  Append({2, 10, 30}, 5);
  Run(other);
  ExpectRight();
  EXPECT_EQ(Run(other), 0);
}

// Goal:   rows that others delete are missing from the groups that are computed next.
// Method: a file removed between runs.
TEST_F(GoldTest, DeletedRowsAreNotKept) {
  Gold gold(kFollower);
  const auto files = Append({10}, 20);
  Append({10}, 7);
  Run(gold);
  Remove(files);
  Append({10}, 3);
  Run(gold);
  EXPECT_EQ(Rows("g.kept").size(), 2u);
  ExpectRight();
  Append({10}, 3);
  Run(gold);
  ExpectRight();
}

// Goal:   a budget too small for all rows at once does not change the result.
// Method: a budget of a few hundred rows, over many hours.
TEST_F(GoldTest, InParts) {
  environment_.memory_bytes = 20'000;
  Gold gold(kFollower);
  for (int round = 0; round < 3; ++round) {
    Append({1, 2, 3, 4, 5, 6, 7, 8, 9, 30, 31}, 100);
    EXPECT_EQ(Run(gold), 1100);
    environment_.memory_bytes = 1 << 30;
    ExpectRight();
    environment_.memory_bytes = 20'000;
  }
}

}  // namespace
}  // namespace ingot::gold
