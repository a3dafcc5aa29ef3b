#include "maintain/doctor.h"

#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using rows::MemoryCatalog;

Health HealthOf(const Table& table, const std::string& check) {
  const auto findings = ExamineTable(table.home, {.other_tables = {}});
  EXPECT_TRUE(findings) << findings.error().message;
  for (const Finding& finding : *findings)
    if (finding.check == check) return finding.health;
  ADD_FAILURE() << check << " was not checked";
  return Health::kBad;
}

int64_t Rows(const Table& table) {
  const Table now = *iceberg::LoadTable(table.home);
  return rows::PlanScan(*now.home.storage, *now.metadata, {})->RecordCount();
}

Table MakeTable() {
  return rows::Append(rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>()), 0, 10);
}

// Goal:   a healthy table has no bad findings.
// Method: every check reports so.
TEST(Doctor, FindsNothingInAGoodTable) {
  const auto findings = ExamineTable(MakeTable().home, {.other_tables = {}});
  ASSERT_TRUE(findings) << findings.error().message;
  EXPECT_GE(findings->size(), 7u);
  for (const Finding& finding : *findings)
    EXPECT_EQ(finding.health, Health::kGood) << finding.check << ": " << finding.detail;
}

// Goal:   a data file that is referenced twice is found; after the repair it is referenced once, with its first
//         sequence number.
// Method: commit it again.
TEST(Doctor, Duplicates) {
  const Table table = MakeTable();
  const auto tasks = rows::Tasks(table);
  const Table twice = *iceberg::CommitSnapshot(table.home, {.added = {tasks.at(0).file}});
  ASSERT_EQ(Rows(table), 20);
  EXPECT_EQ(HealthOf(twice, "duplicates"), Health::kBad);
  EXPECT_EQ(RepairTable(table.home)->duplicates, 1);
  EXPECT_EQ(Rows(table), 10);
  EXPECT_EQ(HealthOf(twice, "duplicates"), Health::kGood);
  EXPECT_EQ(rows::Tasks(*iceberg::LoadTable(table.home)).at(0).sequence_number, tasks.at(0).sequence_number);
}

// Goal:   missing files are found, and their references can be removed.
// Method: delete one of two.
TEST(Doctor, MissingFiles) {
  const Table table = rows::Append(MakeTable(), 10, 30);
  ASSERT_TRUE(table.home.storage->Delete(rows::Tasks(table).at(0).file.location));
  EXPECT_EQ(HealthOf(table, "missing-files"), Health::kBad);
  const int64_t lost = rows::Tasks(table).at(0).file.record_count;
  EXPECT_EQ(RepairTable(table.home)->missing, 1);
  EXPECT_EQ(Rows(table), 30 - lost);
  EXPECT_EQ(HealthOf(table, "missing-files"), Health::kGood);
}

// Goal:   wrong statistics and unreadable files are found.
// Method: a wrong count; a file that is not Parquet; a missing manifest.
TEST(Doctor, StatisticsAndDamage) {
  const Table table = MakeTable();
  DataFile file = rows::WriteEvents(table, 10, 20).at(0);
  file.record_count = 11;
  EXPECT_EQ(HealthOf(*iceberg::CommitSnapshot(table.home, {.added = {file}}), "statistics"), Health::kBad);
  DataFile broken = file;
  broken.location = "file:///w/t/data/broken.parquet";
  ASSERT_TRUE(table.home.storage->CreateAtomic(broken.location, "no Parquet"));
  const Table other = MakeTable();
  ASSERT_TRUE(other.home.storage->CreateAtomic(broken.location, "no Parquet"));
  EXPECT_EQ(HealthOf(*iceberg::CommitSnapshot(other.home, {.added = {broken}}), "statistics"), Health::kBad);
  const Table third = MakeTable();
  ASSERT_TRUE(third.home.storage->Delete(third.metadata->CurrentSnapshot()->manifest_list));
  EXPECT_EQ(HealthOf(third, "metadata"), Health::kBad);
}

}  // namespace
}  // namespace ingot::maintain
