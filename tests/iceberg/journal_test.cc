#include "iceberg/journal.h"

#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   a process is known by its journal while it lives. Method: announce, read, withdraw.
TEST(Journal, KnowsWritersAndReaders) {
  WithdrawAll();
  const auto storage = storage::MakeMemoryStorage();
  const Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  EXPECT_FALSE(ReadJournal(*storage, *table.metadata)->Owns("file:///w/t/data/" + NewFileName()));
  ASSERT_TRUE(AnnounceWriter(storage, *table.metadata));
  AnnounceReader(storage, *table.metadata, -5);
  const auto journal = ReadJournal(*storage, *table.metadata);
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_TRUE(journal->Owns("file:///w/t/data/00001-" + NewFileName() + ".parquet"));
  EXPECT_EQ(journal->reading, std::set<SnapshotId>{-5});
  WithdrawAll();
  EXPECT_TRUE(storage->List("file:///w/t/metadata/journal")->empty());
}

// Goal:   a process that has ended is told from one that lives. Method: this process's entry with another beginning,
// of this machine and of another.
TEST(Journal, KnowsWhoHasEnded) {
  WithdrawAll();
  const auto storage = storage::MakeMemoryStorage();
  const Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  ASSERT_TRUE(AnnounceWriter(storage, *table.metadata));
  const std::string folder = "file:///w/t/metadata/journal/";
  std::string entry = *storage->ReadAll(storage->List(folder.substr(0, folder.size() - 1))->at(0).location);
  const std::string gone = entry + "0", elsewhere = "far" + gone;
  ASSERT_TRUE(storage->CreateAtomic(folder + "writes-11111111-1111-4111-8111-111111111111", gone));
  ASSERT_TRUE(storage->CreateAtomic(folder + "writes-22222222-2222-4222-8222-222222222222", elsewhere));
  const auto journal = *ReadJournal(*storage, *table.metadata);
  EXPECT_FALSE(journal.writers.contains("11111111-1111-4111-8111-111111111111"));
  EXPECT_TRUE(journal.writers.contains("22222222-2222-4222-8222-222222222222"));
  EXPECT_EQ(journal.ended.size(), 1u);
  WithdrawAll();
}

// Goal:   names are never given twice. Method: a thousand.
TEST(Journal, NamesAreUnique) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(names.insert(NewFileName()).second);
}

}  // namespace
}  // namespace ingot::iceberg
