#include <filesystem>
#include <map>
#include <thread>

#include "tests/storage/conformance.h"

namespace ingot::storage {
namespace {

std::string Folder(const char* name) {
  const auto folder = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  return "file://" + folder.string();
}

// Goal:   local files behave as every storage. Method: the common tests.
TEST(LocalStorage, Conforms) {
  CheckConformance(*MakeLocalStorage(), Folder("ingot_local"));
}

// Goal:   of several creators of one file exactly one succeeds, and its bytes are complete. Method: eight threads.
TEST(LocalStorage, CreationIsACompareAndSwap) {
  const auto storage = MakeLocalStorage();
  const std::string folder = Folder("ingot_race"), file = JoinLocation(folder, "file");
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back(
        [&, i] { won += storage->CreateAtomic(file, std::string(100'000, char('a' + i))).has_value(); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  const std::string bytes = *storage->ReadAll(file);
  EXPECT_EQ(bytes, std::string(100'000, bytes[0]));
  EXPECT_EQ(storage->List(folder)->size(), 1u);  // no temporary files are left
}

// Goal:   broken links do not prevent listing. Method: a link to nothing, to itself and to its own folder.
TEST(LocalStorage, ListsPastBrokenLinks) {
  const auto storage = MakeLocalStorage();
  const std::string folder = Folder("ingot_links"), path = *LocalPath(folder);
  ASSERT_TRUE(storage->CreateAtomic(folder + "/file", "x"));
  for (const auto& [name, target] :
       std::map<std::string, std::string>{{"gone", "/none"}, {"self", "self"}, {"up", "."}})
    std::filesystem::create_symlink(target, path + "/" + name);
  const auto files = storage->List(folder);
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->size(), 1u);
}

}  // namespace
}  // namespace ingot::storage
