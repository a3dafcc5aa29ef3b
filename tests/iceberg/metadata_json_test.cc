#include <nlohmann/json.hpp>

#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

/// Every member of `from` stands in `into`, arrays element by element.
void ExpectKept(const nlohmann::json& from, const nlohmann::json& into, const std::string& path) {
  if (from.is_object()) {
    for (const auto& [key, value] : from.items()) {
      ASSERT_TRUE(into.contains(key)) << path << "." << key;
      ExpectKept(value, into[key], path + "." + key);
    }
  } else if (from.is_array()) {
    ASSERT_EQ(from.size(), into.size()) << path;
    for (size_t i = 0; i < from.size(); ++i) ExpectKept(from[i], into[i], path + "[]");
  } else {
    EXPECT_EQ(from, into) << path;
  }
}

// Goal:   valid metadata of other projects is accepted and written again without loss, invalid is refused with its
// reason. Method: all files of two projects; the names say which are which.
TEST(MetadataJson, FilesOfOtherProjects) {
  INGOT_NEED_PEER_DATA();
  int valid = 0, invalid = 0;
  for (const char* folder : {"iceberg_metadata", "iceberg_rust", "iceberg_rust/table_metadata"})
    for (const auto& entry : std::filesystem::directory_iterator(PeerData() / folder)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".json") || (!name.starts_with("TableMetadata") && !name.starts_with("example"))) continue;
      const std::string text = ReadFile(entry.path());
      const auto metadata = ParseTableMetadata(text);
      bool bad = false;
      for (const char* mark :
           {"Missing", "NotFound", "Unsupported", "NoValidSchema", "WithoutDefaultId", "WithoutCurrentId"})
        bad = bad || name.find(mark) != std::string::npos;
      if (bad) {
        ++invalid;
        ASSERT_FALSE(metadata) << name;
        EXPECT_GT(metadata.error().message.size(), 20u) << name;
        continue;
      }
      ++valid;
      ASSERT_TRUE(metadata) << name << ": " << metadata.error().message;
      const std::string written = TableMetadataToJson(*metadata);
      ExpectKept(nlohmann::json::parse(text), nlohmann::json::parse(written), name);
      EXPECT_EQ(TableMetadataToJson(*ParseTableMetadata(written)), written) << name;
    }
  EXPECT_GE(valid, 10);
  EXPECT_GE(invalid, 12);
}

// Goal:   no text makes the parser crash. Method: a good file cut and bent at every place.
TEST(MetadataJson, BrokenTextIsRefused) {
  const std::string good = TableMetadataToJson(*MakeTableMetadata({.schema = EventSchema(), .location = "file:///x"}));
  ASSERT_TRUE(ParseTableMetadata(good));
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(ParseTableMetadata(good.substr(0, i)));
    std::string bent = good;
    bent[i] = char(bent[i] ^ 0x15);
    (void)ParseTableMetadata(bent);
  }
}

}  // namespace
}  // namespace ingot::iceberg
