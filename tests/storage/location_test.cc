#include "storage/location.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ingot::storage {
namespace {

// Goal:   the URI forms that engines write name the same file. Method: three forms; an unsupported scheme.
TEST(Location, FormsOfOneFile) {
  EXPECT_EQ(*LocalPath("file:///a/b"), "/a/b");
  EXPECT_EQ(*LocalPath("file:/a/b"), "/a/b");
  EXPECT_EQ(*LocalPath("/a/b"), "/a/b");
  EXPECT_EQ(LocalPath("gs://bucket/x").error().kind, ErrorKind::kUnsupported);
}

// Goal:   paths become absolute URIs, and parts are joined by one slash. Method: known results.
TEST(Location, AbsoluteAndJoined) {
  EXPECT_EQ(AbsoluteLocation("/a/./b/../c/"), "file:///a/c");
  EXPECT_EQ(AbsoluteLocation("file:/a/b"), "file:///a/b");
  EXPECT_EQ(AbsoluteLocation("s3://bucket/x"), "s3://bucket/x");
  EXPECT_EQ(JoinLocation("file:///a/", "/b"), "file:///a/b");
  EXPECT_EQ(ParentLocation("s3://bucket/a/b"), "s3://bucket/a");
  EXPECT_EQ(ParentLocation("a"), "a");
}

/// A folder with the file "a b/c", and "link" to "a b".
std::string FolderWithALink() {
  const std::string folder = std::filesystem::canonical(testing::TempDir()).string() + "/location";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/a b");
  std::filesystem::create_directories(folder + "/other");
  std::ofstream(folder + "/a b/c") << "x";
  std::filesystem::create_directory_symlink("a b", folder + "/link");
  return folder;
}

// Goal:   every spelling of a location identifies the same file, and no other file. Method: spellings of one file, with
// percent-encoding, through a link and as a relative path; its hard link; other files in its folder.
TEST(Location, SpellingsOfOneFile) {
  const std::string folder = FolderWithALink(), file = folder + "/a b/c";
  const auto relative = std::filesystem::relative(file).string();
  for (const std::string& spelled :
       {file, "file:" + file, "file://" + file, "file://localhost" + file, folder + "//a b//c", folder + "/./a b/./c",
        folder + "/link/c", folder + "/link/../a b/c", folder + "/other/../a b/c", relative,
        "file://" + folder + "/a%20b/c", "file:" + folder + "/link/../a%20b/c"}) {
    EXPECT_EQ(FileIdentity(spelled), FileIdentity(file)) << spelled;
    EXPECT_EQ(CanonicalLocation(spelled), file) << spelled;
    const auto below = PathBelow(spelled, "file:" + folder + "/./link/..//");
    ASSERT_TRUE(below) << spelled;
    EXPECT_EQ(FileIdentity(folder + "/" + *below), FileIdentity(file)) << spelled;
  }
  std::filesystem::create_hard_link(file, folder + "/hard");
  EXPECT_EQ(FileIdentity(folder + "/hard"), FileIdentity(file));
  std::ofstream(folder + "/a b/d") << "x";
  EXPECT_NE(FileIdentity(folder + "/a b/d"), FileIdentity(file));
  EXPECT_NE(FileIdentity(folder + "/a b/none"), FileIdentity(file));
  EXPECT_EQ(FileIdentity(folder + "/link//none"), folder + "/a b/none");
}

// Goal:   a URI is percent-decoded only if no file has the encoded name. Method: files with and without percent signs.
TEST(Location, PrefersTheEncodedName) {
  const std::string folder = FolderWithALink();
  EXPECT_EQ(*LocalPath("file://" + folder + "/a%20b/c"), folder + "/a b/c");
  EXPECT_EQ(*LocalPath(folder + "/a%20b/c"), folder + "/a%20b/c");
  EXPECT_EQ(*LocalPath("file://" + folder + "/a%20b/new%20file"), folder + "/a b/new file");
  EXPECT_EQ(*LocalPath("file://" + folder + "/a%20c/new%20file"), folder + "/a%20c/new%20file");
  std::filesystem::create_directories(folder + "/p=a b");
  EXPECT_EQ(*LocalPath("file://" + folder + "/p=a%20b/new"), folder + "/p=a%20b/new");
  std::filesystem::create_directories(folder + "/a%20b");
  std::ofstream(folder + "/a%20b/c") << "x";
  EXPECT_EQ(*LocalPath("file://" + folder + "/a%20b/c"), folder + "/a%20b/c");
  EXPECT_EQ(*LocalPath("file://" + folder + "/none%00%2"), folder + "/none%00%2");
}

// Goal:   ".." after a link is resolved through the link. Method: a link into another folder.
TEST(Location, ParentsOfLinks) {
  const std::string folder = FolderWithALink();
  std::filesystem::create_directories(folder + "/other/deep");
  std::filesystem::create_directory_symlink("other/deep", folder + "/far");
  EXPECT_EQ(AbsoluteLocation(folder + "/far/../x"), "file://" + folder + "/other/x");
}

// Goal:   S3 objects are identified by bucket and key. Method: three schemes, a trailing slash, a key with the same
// prefix.
TEST(Location, Objects) {
  for (const char* spelled : {"s3://b/k/t", "s3a://b/k/t", "s3n://b/k/t/"}) {
    EXPECT_EQ(FileIdentity(spelled), "s3://b/k/t");
    EXPECT_EQ(PathBelow("s3a://b/k/t/data/x", spelled), "data/x");
    EXPECT_FALSE(PathBelow("s3://b/k/tt/data/x", spelled));
    EXPECT_FALSE(PathBelow("s3://b/k/t", spelled));
  }
}

}  // namespace
}  // namespace ingot::storage
