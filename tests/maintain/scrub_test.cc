#include "maintain/scrub.h"

#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using rows::MemoryCatalog;

// Goal:   damaged files are named, the others counted.
// Method: flip a bit in a page of one of two files; truncate the other.
TEST(Scrub, NamesDamagedFiles) {
  const auto memory = storage::MakeMemoryStorage();
  const Table table =
      rows::Append(rows::Append(rows::MakeTable(memory, std::make_shared<MemoryCatalog>()), 0, 100), 100, 200);
  int64_t bytes = 0;
  const auto read = [&](int64_t more) { bytes += more; };
  const auto good = ScrubTable(table.home, read);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->files, 2);
  EXPECT_EQ(good->bytes, bytes);
  EXPECT_TRUE(good->damaged.empty());
  const auto tasks = rows::Tasks(table);
  const std::string& first = tasks.at(0).file.location;
  std::string bent = *memory->ReadAll(first);
  bent[60] = char(bent[60] ^ 4);
  ASSERT_TRUE(memory->Delete(first));
  ASSERT_TRUE(memory->CreateAtomic(first, bent));
  auto damaged = ScrubTable(table.home, read)->damaged;
  ASSERT_EQ(damaged.size(), 1u);
  EXPECT_EQ(damaged[0].location, first);
  const std::string& second = tasks.at(1).file.location;
  const std::string whole = *memory->ReadAll(second);
  ASSERT_TRUE(memory->Delete(second));
  ASSERT_TRUE(memory->CreateAtomic(second, whole.substr(0, whole.size() - 1)));
  damaged = ScrubTable(table.home, read)->damaged;
  ASSERT_EQ(damaged.size(), 2u);
  EXPECT_NE((damaged[0].location == second ? damaged[0] : damaged[1]).problem.find("the manifest says"),
            std::string::npos);
}

}  // namespace
}  // namespace ingot::maintain
