#include "source/file_listing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ingot::source {
namespace {

namespace fs = std::filesystem;

// Goal:   hidden entries and non-files are skipped, links are followed once, and a location does not depend on the name
//         of the folder.
// Method: a folder with each of these, listed under several names.
TEST(FileListing, EachFileOnce) {
  const fs::path folder = fs::path(testing::TempDir()) / "ingot_listing", landing = folder / "landing";
  fs::remove_all(folder);
  for (const char* name : {"landing/sub", "landing/.staging", "landing/_temporary/0", "landing/_day=1", "outside"})
    fs::create_directories(folder / name);
  for (const char* name :
       {"landing/a.jsonl", "landing/sub/b.csv.gz", "landing/.staging/c.jsonl", "landing/_temporary/0/d.json",
        "landing/_day=1/e.json", "landing/_SUCCESS.json", "landing/readme.txt", "outside/f.json"})
    std::ofstream(folder / name) << "x";
  fs::create_symlink(landing, landing / "loop");
  fs::create_symlink(folder / "outside", landing / "linked");
  fs::create_symlink("/nowhere/x.jsonl", landing / "dangling.jsonl");
  fs::create_symlink(landing, folder / "alias");
  std::vector<std::string> locations;
  for (const fs::path& spelled : {landing, folder / "alias", folder / "outside/../landing/", landing / "."}) {
    const auto listing = *ListFiles(spelled);
    std::vector<std::string> found;
    for (const InputFile& file : listing.files)
      if (file.known_name) found.push_back(file.location);
    EXPECT_EQ(found.size(), 4u) << spelled;
    EXPECT_EQ(listing.files.size(), 5u);
    EXPECT_EQ(listing.warnings.size(), 1u);
    EXPECT_TRUE(locations.empty() || found == locations) << spelled;
    locations = found;
  }
  EXPECT_EQ(ListFiles(folder / "alias/a.jsonl")->files.at(0).location,
            FileLocation(fs::canonical(landing / "a.jsonl")));
  EXPECT_EQ(ListFiles(folder / "gone")->failures.size(), 1u);
}

}  // namespace
}  // namespace ingot::source
