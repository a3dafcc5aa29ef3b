#include "bronze/file_identities.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   every member of an identity survives a round trip through JSON.
// Method: round trips; invalid text.
TEST(FileIdentities, Json) {
  const source::FileIdentity plain{
      .location = "file:///a \"b\"",
      .stat = {.device = 1, .inode = UINT64_MAX, .born_ns = 3, .stored_bytes = 4, .modified_ns = 5, .changed_ns = 6},
      .offset = 7,
      .head = UINT64_MAX,
      .tail = 1};
  source::FileIdentity other = plain;
  other.location = "file:///moved";
  other.compressed = other.incomplete = true;
  const FileIdentities files{
      {{"file:///a \"b\"", 0}, plain}, {{"file:///a \"b\"", 2}, other}, {{"file:///c", 0}, other}};
  EXPECT_EQ(*IdentitiesFromJson(IdentitiesToJson(files)), files);
  EXPECT_EQ(IdentitiesFromJson(IdentitiesToJson({}))->size(), 0u);
  for (const char* bad : {"", "[]", R"({"a": 1})", R"({"a": {"0": [1]}})", R"({"a": {"0": [1,2,3,4,5,6,7,8,9,10]}})"})
    EXPECT_EQ(IdentitiesFromJson(bad).error().kind, ErrorKind::kCorrupt) << bad;
}

}  // namespace
}  // namespace ingot::bronze
