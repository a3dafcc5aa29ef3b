#include "maintain/shared_folder.h"

#include "iceberg/location_catalog.h"
#include "maintain/orphans.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using rows::MemoryCatalog;

const OrphanOptions kAnyAge{.older_than_ms = 0, .dry_run = true, .other_tables = {}};

struct SharedFolders : testing::Test {
  SharedFolders() { iceberg::WithdrawAll(); }

  Table Make(const std::string& location, const std::string& name, iceberg::Properties properties = {}) {
    return rows::Append(
        rows::MakeTable(storage, std::make_shared<MemoryCatalog>(), {}, std::move(properties), location, {"n", name}),
        0, 10);
  }
  OtherTable Other(const Table& table) {
    return {.name = table.home.name.Text(),
            .location = table.metadata->location,
            .other_folders = {table.metadata->Property("write.data.path", table.metadata->location)},
            .load = [table] { return Result<Table>(iceberg::LoadTable(table.home)); }};
  }
  Orphans Find(const Table& table, std::vector<OtherTable> others) {
    iceberg::WithdrawAll();
    OrphanOptions options = kAnyAge;
    options.other_tables = std::move(others);
    const auto found = RemoveOrphans(table.home, options);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Orphans());
  }

  std::shared_ptr<storage::Storage> storage = storage::MakeMemoryStorage();
};

// Goal:   no file of another table is an orphan, wherever the table is.
// Method: another table inside the folder, around it, in the same folder with another spelling, with only its data
//         files in the folder; first known to the catalog, then unknown.
TEST_F(SharedFolders, FilesOfOtherTablesStay) {
  const struct {
    const char* location;
    iceberg::Properties properties;
    bool seen = true;  // whether it is found without the catalog
  } kCases[] = {{"file:///w/t/below", {}},
                {"file:///w", {}, false},
                {"/w/./t", {{"write.metadata.path", "file:///w/t/metadata"}}},
                {"file:///v/u", {{"write.data.path", "file:///w/t/data/u"}}, false}};
  for (const auto& [location, properties, seen] : kCases) {
    storage = storage::MakeMemoryStorage();
    const Table table = Make("file:///w/t", "t");
    ASSERT_TRUE(storage->CreateAtomic("file:///w/t/data/lost.parquet", "x"));
    EXPECT_EQ(Find(table, {}).files.size(), 1u);
    iceberg::Properties other_properties = properties;
    // Two tables share a metadata folder only if both were created before either had a snapshot.
    Table other;
    if (std::string(location) == "/w/./t") {
      storage = storage::MakeMemoryStorage();
      const Table first = rows::MakeTable(storage, std::make_shared<MemoryCatalog>(), {}, {}, "file:///w/t");
      const Table second = rows::MakeTable(storage, std::make_shared<MemoryCatalog>(), {}, {}, location, {"n", "u"});
      const Table mine = rows::Append(first, 0, 10);
      other = rows::Append(second, 0, 10);
      ASSERT_TRUE(storage->CreateAtomic("file:///w/t/data/lost.parquet", "x"));
      EXPECT_EQ(Find(mine, {Other(other)}).files.size(), 1u) << location;
      const Orphans found = Find(mine, {});
      EXPECT_EQ(found.files.size(), 1u) << location;
      EXPECT_EQ(found.notes.size(), 1u) << location;
      continue;
    }
    other = Make(location, "u", other_properties);
    EXPECT_EQ(Find(table, {Other(other)}).files.size(), 1u) << location;
    if (seen) {
      const Orphans found = Find(table, {});
      EXPECT_EQ(found.files.size(), 1u) << location;
      EXPECT_EQ(found.notes.size(), 1u) << location;
    }
  }
}

// Goal:   an unreadable table, or one at an unknown location, protects files in its own folder only.
// Method: such a table in the same folder, below it, elsewhere, and at an unknown location.
TEST_F(SharedFolders, UnreadableTables) {
  const Table table = Make("file:///w/t", "t");
  ASSERT_TRUE(storage->CreateAtomic("file:///w/t/data/lost.parquet", "x"));
  const std::pair<const char*, size_t> cases[] = {
      {"file:///w/t", 0}, {"file:///w", 0}, {"file:///w/t/below", 1}, {"file:///elsewhere", 1}, {"", 0}};
  for (const auto& [location, orphans] : cases) {
    const OtherTable other{.name = "n.u", .location = location, .other_folders = {}, .load = [] {
                             return Result<Table>(Fail(ErrorKind::kCorrupt, "unreadable"));
                           }};
    EXPECT_EQ(Find(table, {other}).files.size(), orphans) << location;
  }
}

// Goal:   the files of a version that only another catalog knows are kept; those of an interrupted commit are not.
// Method: two catalogs diverge from one metadata file; a metadata file with Ingot's name without a successor.
TEST_F(SharedFolders, VersionsOfOtherCatalogs) {
  const Table table = Make("file:///w/t", "t");
  const auto elsewhere = std::make_shared<MemoryCatalog>();
  ASSERT_TRUE(elsewhere->Register({"n", "t"}, table.metadata_location));
  const Table theirs = rows::Append(*iceberg::LoadTable({elsewhere, storage, {"n", "t"}}), 10, 20);
  const Table further = rows::Append(theirs, 20, 30);
  const Table ours = rows::Append(table, 30, 40);
  const Orphans found = Find(ours, {});
  EXPECT_TRUE(found.files.empty());
  EXPECT_EQ(found.notes.size(), 1u);
  ASSERT_TRUE(storage->Delete(further.metadata_location));  // the rest looks like an interrupted commit
  EXPECT_FALSE(Find(ours, {}).files.empty());
}

}  // namespace
}  // namespace ingot::maintain
