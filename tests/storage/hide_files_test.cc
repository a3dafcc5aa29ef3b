#include "storage/hide_files.h"

#include <gtest/gtest.h>

#include "storage/location.h"

namespace ingot::storage {
namespace {

// Goal:   hidden files are not found by any spelling, others are; the view is read-only. Method: two files, one hidden,
// through each function.
TEST(HideFiles, HidesFilesAndChangesNothing) {
  const std::shared_ptr<Storage> whole = MakeMemoryStorage();
  ASSERT_TRUE(whole->CreateAtomic("file:///w/a", "a"));
  ASSERT_TRUE(whole->CreateAtomic("file:///w/b", "b"));
  const auto rest = HideFiles(whole, {CanonicalLocation("/w/a")});
  for (const char* spelled : {"file:///w/a", "file:/w/a", "/w/./a", "/w//a"}) {
    EXPECT_EQ(rest->ReadAll(spelled).error().kind, ErrorKind::kNotFound) << spelled;
    EXPECT_EQ(rest->OpenInput(spelled).error().kind, ErrorKind::kNotFound) << spelled;
    EXPECT_FALSE(*rest->Exists(spelled)) << spelled;
  }
  EXPECT_EQ(*rest->ReadAll("file:///w/b"), "b");
  EXPECT_TRUE(*rest->Exists("/w/b"));
  EXPECT_EQ(rest->List("/w")->size(), 1u);
  EXPECT_FALSE(rest->Delete("/w/b"));
  EXPECT_FALSE(rest->Move("/w/b", "/w/c"));
  EXPECT_FALSE(rest->CreateAtomic("/w/c", "c"));
  EXPECT_FALSE(rest->OpenOutput("/w/c"));
  EXPECT_EQ(whole->List("/w")->size(), 2u);
}

}  // namespace
}  // namespace ingot::storage
