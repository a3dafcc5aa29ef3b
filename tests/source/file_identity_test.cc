#include "source/file_identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ingot::source {
namespace {

// Goal:   every path has a unique UTF-8 key that converts back to the path.
// Method: unusual names, some of which look like the escaped form of others.
TEST(FileIdentity, Locations) {
  std::set<std::string> seen;
  for (const std::string path : {"/a/b.jsonl", "/a b/100%.jsonl", "/a/x%FF", "/a/x\xFF", "/a/x\xFE", "/a/%25\xFF",
                                 "/a/\xC3\xA9", "/a/\xC3\xA9\xC3", "/a/new\nline"}) {
    const std::string location = FileLocation(path);
    EXPECT_EQ(PathOfLocation(location), path);
    EXPECT_TRUE(seen.insert(location).second) << location;
  }
  EXPECT_EQ(FileLocation("/a b/100%.jsonl"), "file:///a b/100%.jsonl");
  EXPECT_EQ(FileLocation("/a/50%x\xFF"), "file://localhost/a/50%25x%FF");
}

// Goal:   a trace does not depend on how the content was split.
// Method: pieces of any size compared with the whole.
TEST(FileIdentity, Trace) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += std::to_string(i);
  ContentTrace whole;
  whole.Add(text);
  for (const size_t step : {size_t(1000), size_t(4095), size_t(4096), size_t(5000), size_t(65'536), size_t(100'000)}) {
    ContentTrace pieces;
    for (size_t at = 0; at < text.size(); at += step) pieces.Add(std::string_view(text).substr(at, step));
    EXPECT_EQ(pieces.Head(), whole.Head()) << step;
    EXPECT_EQ(pieces.Tail(), whole.Tail()) << step;
  }
  EXPECT_NE(whole.Head(), whole.Tail());
}

// Goal:   a link is the same file, a copy is not, and a deleted file is reported.
// Method: real files.
TEST(FileIdentity, SameFile) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "ingot_identity";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "a") << "x";
  fs::create_hard_link(folder / "a", folder / "b");
  fs::copy_file(folder / "a", folder / "c");
  EXPECT_TRUE(IsSameFile(*StatFile(folder / "a"), *StatFile(folder / "b")));
  EXPECT_FALSE(IsSameFile(*StatFile(folder / "a"), *StatFile(folder / "c")));
  EXPECT_EQ(StatFile(folder / "d").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace ingot::source
