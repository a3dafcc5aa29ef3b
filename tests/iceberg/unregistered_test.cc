#include "iceberg/unregistered.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   a new table may use the folder of an unregistered table, but not of one that the catalog has lost.
// Method: a second catalog on the folder of a table with rows: an error, also with another table's record; created
//         after the table was unregistered; an error again after it was registered again.
TEST(Unregistered, FoldersOfLostTablesAreNotReused) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = rows::Append(rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>()), 0, 10);
  const auto make = [&] {
    TableMetadata metadata = *table.metadata;
    metadata.table_uuid = "another";
    return CreateTable({std::make_shared<rows::MemoryCatalog>(), storage, {"n", "t"}}, metadata);
  };
  const auto rejected = make();
  ASSERT_FALSE(rejected);
  EXPECT_EQ(rejected.error().kind, ErrorKind::kBadConfig);
  EXPECT_NE(rejected.error().message.find("ingot register n.t"), std::string::npos);
  TableMetadata other = *table.metadata;
  other.table_uuid = "third";
  ASSERT_TRUE(MarkUnregistered(*storage, other));
  EXPECT_FALSE(make());
  ASSERT_TRUE(MarkUnregistered(*storage, *table.metadata));
  EXPECT_EQ(UnregisteredIn(*storage, "file:///w/t/metadata")->size(), 2u);
  ASSERT_TRUE(MarkRegistered(*storage, *table.metadata));
  EXPECT_FALSE(make());
  ASSERT_TRUE(MarkRegistered(*storage, other));
  EXPECT_FALSE(*storage->Exists("file:///w/t/metadata/_unregistered"));
  ASSERT_TRUE(MarkUnregistered(*storage, *table.metadata));
  EXPECT_TRUE(make());
}

}  // namespace
}  // namespace ingot::iceberg
