#include "iceberg/journal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "base/random.h"
#include "base/uuid.h"
#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   the journal lists the writers and readers that are running.
// Method: announce, read, withdraw.
TEST(Journal, ListsWritersAndReaders) {
  WithdrawAll();
  const auto storage = storage::MakeMemoryStorage();
  const Table table = rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>());
  EXPECT_FALSE(ReadJournal(*storage, *table.metadata)->Owns("file:///w/t/data/" + NewFileName()));
  ASSERT_TRUE(AnnounceWriter(storage, *table.metadata));
  AnnounceReader(storage, *table.metadata, -5);
  const auto journal = ReadJournal(*storage, *table.metadata);
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_TRUE(journal->Owns("file:///w/t/data/00001-" + NewFileName() + ".parquet"));
  EXPECT_TRUE(journal->Owns("file:///w/t/metadata/00001-" + NewMetadataUuid() + ".metadata.json"));
  EXPECT_FALSE(journal->Owns("file:///w/t/metadata/00001-" + RandomUuid() + ".metadata.json"));
  EXPECT_EQ(journal->reading, std::set<SnapshotId>{-5});
  WithdrawAll();
  EXPECT_TRUE(storage->List("file:///w/t/metadata/journal")->empty());
}

// Goal:   other engines read the number in the name of a metadata file, and Ingot knows its own names.
// Method: names of this version, of the earlier one and of other writers.
TEST(Journal, NamesOfMetadataFiles) {
  std::set<std::string> names;
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = NewMetadataUuid();
    uint8_t bytes[kUuidBytes];
    EXPECT_TRUE(ParseUuid(uuid, bytes)) << uuid;
    EXPECT_TRUE(names.insert(uuid).second) << uuid;
  }
  EXPECT_TRUE(IsNameOfIngot("s3://b/t/metadata/00042-" + NewMetadataUuid() + ".metadata.json"));
  EXPECT_TRUE(IsNameOfIngot("s3://b/t/metadata/00042-" + NewMetadataUuid() + ".gz.metadata.json"));
  EXPECT_TRUE(IsNameOfIngot("s3://b/t/metadata/00042-" + RandomUuid() + "-7.metadata.json"));
  EXPECT_FALSE(IsNameOfIngot("s3://b/t/metadata/00042-" + RandomUuid() + ".metadata.json"));
  EXPECT_FALSE(IsNameOfIngot("s3://b/t/metadata/v42.metadata.json"));
}

// Goal:   ended processes are told from running ones.
// Method: this process's entry with another start time, of this machine and of another.
TEST(Journal, FindsEndedProcesses) {
  WithdrawAll();
  const auto storage = storage::MakeMemoryStorage();
  const Table table = rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>());
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

/// A table on disk, so that the age of entries can be changed.
struct OldEntries : testing::Test {
  OldEntries() {
    WithdrawAll();
    std::filesystem::remove_all(folder);
    table = rows::MakeTable(storage::MakeLocalStorage(), std::make_shared<rows::MemoryCatalog>(), {}, {}, folder);
  }
  ~OldEntries() override { WithdrawAll(); }

  /// An entry that was not renewed for two days.
  void Put(const std::string& uuid, const std::string& text) {
    const std::string entry = journal + "writes-" + uuid;
    std::filesystem::create_directories(journal);
    std::ofstream(entry) << text;
    std::filesystem::last_write_time(entry, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  }
  /// The entry of a process on this machine.
  std::string EntryOf(pid_t pid) {
    EXPECT_TRUE(AnnounceWriter(table.home.storage, *table.metadata));
    const std::string own = *table.home.storage->ReadAll(table.home.storage->List(journal)->at(0).location);
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string field;
    for (int i = 0; i < 22; ++i) stat >> field;
    return own.substr(0, own.find('|')) + "|" + std::to_string(pid) + "|" + field;
  }

  const std::string folder = testing::TempDir() + "journal", journal = folder + "/metadata/journal/";
  const std::string uuid = "33333333-3333-4333-8333-333333333333";
  Table table;
};

// Goal:   a process that runs on this machine is never considered ended, however old its entry is. A dead one is, also
//         as a zombie.
// Method: a stopped child process with an entry that is two days old; then it is killed.
TEST_F(OldEntries, OfAStoppedProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  ::kill(child, SIGSTOP);
  Put(uuid, EntryOf(child));
  EXPECT_TRUE(ReadJournal(*table.home.storage, *table.metadata)->writers.contains(uuid));
  ::kill(child, SIGKILL);
  siginfo_t ended;
  ::waitid(P_PID, id_t(child), &ended, WEXITED | WNOWAIT);
  EXPECT_EQ(ReadJournal(*table.home.storage, *table.metadata)->ended.size(), 1u);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(ReadJournal(*table.home.storage, *table.metadata)->ended.size(), 1u);
}

// Goal:   old entries of other machines and other process id namespaces are silent.
// Method: one of each, two days old.
TEST_F(OldEntries, OfOtherMachinesAreSilent) {
  std::string container = EntryOf(::getpid());
  container.replace(container.find("pid:["), 5, "pid:[9");
  Put(uuid, container);
  Put("44444444-4444-4444-8444-444444444444", "far|1|1");
  const auto found = *ReadJournal(*table.home.storage, *table.metadata);
  EXPECT_EQ(found.silent.size(), 2u);
  EXPECT_TRUE(found.ended.empty());
}

// Goal:   files that were written before this process's entry was removed are not committed; later ones are.
// Method: write, remove the entry, commit; write again, commit both.
TEST_F(OldEntries, OfThisProcessRemoved) {
  const auto lost = rows::WriteEvents(table, 0, 10);
  std::filesystem::remove_all(journal);
  const auto rejected = CommitSnapshot(table.home, {.added = lost});
  ASSERT_FALSE(rejected);
  EXPECT_EQ(rejected.error().kind, ErrorKind::kConflict);
  const auto again = rows::WriteEvents(table, 0, 10);
  EXPECT_TRUE(CommitSnapshot(table.home, {.added = again}));
  EXPECT_FALSE(CommitSnapshot(table.home, {.added = lost}));
}

// Goal:   file names are unique.
// Method: a thousand names.
TEST(Journal, NamesAreUnique) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(names.insert(NewFileName()).second);
}

}  // namespace
}  // namespace ingot::iceberg
