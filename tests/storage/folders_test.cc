#include "storage/folders.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ingot::storage {
namespace {

namespace fs = std::filesystem;

// Goal:   missing parents are created and existing folders accepted; an error names a file in place of a folder.
// Method: three levels, twice; a folder below a file.
TEST(Folders, AreCreatedWithTheirParents) {
  const fs::path folder = fs::path(testing::TempDir()) / "ingot_folders";
  fs::remove_all(folder);
  EXPECT_TRUE(MakeFolder(folder / "a" / "b"));
  EXPECT_TRUE(MakeFolder(folder / "a" / "b"));
  EXPECT_TRUE(fs::is_directory(folder / "a" / "b"));
  std::ofstream(folder / "file") << "x";
  const auto rejected = MakeFolder(folder / "file" / "c");
  ASSERT_FALSE(rejected);
  EXPECT_NE(rejected.error().message.find("file/c: Not a directory"), std::string::npos) << rejected.error().message;
  EXPECT_FALSE(MakeFolder(folder / "file"));
}

// Goal:   errno decides the error kind. Method: one of each kind.
TEST(Folders, KindsOfErrors) {
  EXPECT_EQ(SystemError("open", "x", ENOENT).kind, ErrorKind::kNotFound);
  EXPECT_EQ(SystemError("open", "x", EROFS).kind, ErrorKind::kBadConfig);
  EXPECT_EQ(SystemError("open", "x", ENOSPC).kind, ErrorKind::kRetry);
  EXPECT_EQ(SystemError("open", "x", EIO).message, "open x: Input/output error");
}

}  // namespace
}  // namespace ingot::storage
