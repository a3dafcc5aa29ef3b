#include "maintain/moved_paths.h"

#include <gtest/gtest.h>

namespace ingot::maintain {
namespace {

iceberg::TableMetadata At(const std::string& location, iceberg::Properties properties = {}) {
  iceberg::TableMetadata metadata;
  metadata.location = location;
  metadata.properties = std::move(properties);
  return metadata;
}

// Goal:   a file keeps its path below the table's folders, whatever the spelling of its location.
// Method: spellings of local files; folders of their own; files elsewhere; objects.
TEST(MovedPaths, KeepsThePathBelowTheTable) {
  const MovedPaths paths(At("file:///old/t", {{"write.data.path", "/disk/d"}, {"write.metadata.path", "/disk/m/"}}),
                         "/new/t/");
  for (const auto& [from, to] : {std::pair{"file:///old/t/data/a=1/x.parquet", "data/a=1/x.parquet"},
                                 {"/old/t/data/x.parquet", "data/x.parquet"},
                                 {"file:/old/./t/metadata/m.avro", "metadata/m.avro"},
                                 {"/disk/d/x.parquet", "data/x.parquet"},
                                 {"file:///disk/m/v1.json", "metadata/v1.json"}})
    EXPECT_EQ(paths.Of(from), std::string("file:///new/t/") + to) << from;
  EXPECT_EQ(paths.Of("file:///new/t/data/x.parquet"), "file:///new/t/data/x.parquet");
  const std::string other = paths.Of("file:///old/t2/x.parquet"), same_name = paths.Of("s3://b/x.parquet");
  EXPECT_TRUE(other.starts_with("file:///new/t/data/") && other.ends_with("-x.parquet")) << other;
  EXPECT_TRUE(same_name.ends_with("-x.parquet") && same_name != other) << same_name;
  EXPECT_EQ(MovedPaths(At("s3a://b/t"), "s3://c/u").Of("s3://b/t/data/x"), "s3://c/u/data/x");
}

// Goal:   properties that name places in the table name the new ones; others stay.
// Method: default folders, folders of their own, files, and texts that look similar.
TEST(MovedPaths, PropertiesNameTheNewPlaces) {
  const iceberg::Properties properties{{"write.data.path", "/disk/d"},
                                       {"write.metadata.path", "file:///old/t/meta"},
                                       {"ingot.offsets-file", "file:///old/t/metadata/offsets.json"},
                                       {"comment", "file:///old/table"}};
  const MovedPaths paths(At("file:///old/t", properties), "file:///new/t");
  EXPECT_EQ(paths.Of(properties), (iceberg::Properties{{"write.metadata.path", "file:///new/t/meta"},
                                                       {"ingot.offsets-file", "file:///new/t/metadata/offsets.json"},
                                                       {"comment", "file:///old/table"}}));
}

// Goal:   a file that was added under the old path after the move belongs to the table's folders, too.
// Method: the metadata of a moved table.
TEST(MovedPaths, RemembersTheOldLocation) {
  const MovedPaths paths(At("file:///new/t", {{kMovedFromProperty, "file:///old/t"}}), "file:///new/t");
  EXPECT_EQ(paths.Of("file:///old/t/data/x"), "file:///new/t/data/x");
}

}  // namespace
}  // namespace ingot::maintain
