#include <functional>
#include <nlohmann/json.hpp>

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

/// Checks that `into` contains every member of `from`; arrays are compared by element.
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

// Goal:   valid metadata of other projects survives a round trip; invalid metadata is an error with the reason.
// Method: all files of two projects; their names say whether they are valid.
TEST(MetadataJson, FilesOfOtherProjects) {
  INGOT_NEED_PEER_DATA();
  int valid = 0, invalid = 0;
  for (const char* folder : {"iceberg_metadata", "iceberg_rust", "iceberg_rust/table_metadata"})
    for (const auto& entry : std::filesystem::directory_iterator(rows::PeerData() / folder)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".json") || (!name.starts_with("TableMetadata") && !name.starts_with("example"))) continue;
      const std::string text = rows::ReadFile(entry.path());
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

// Goal:   no input crashes the parser.
// Method: a valid file truncated and changed at every position.
TEST(MetadataJson, NoInputCrashesTheParser) {
  const std::string good =
      TableMetadataToJson(*MakeTableMetadata({.schema = rows::EventSchema(), .location = "file:///x"}));
  ASSERT_TRUE(ParseTableMetadata(good));
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(ParseTableMetadata(good.substr(0, i)));
    std::string bent = good;
    bent[i] = char(bent[i] ^ 0x15);
    (void)ParseTableMetadata(bent);
  }
}

// Goal:   unknown keys are kept at every level.
// Method: one in every object.
TEST(MetadataJson, KeepsUnknownKeys) {
  using Json = nlohmann::json;
  Json json = Json::parse(TableMetadataToJson(
      *MakeTableMetadata({.schema = rows::EventSchema(), .partition = {{"place", {}}}, .location = "file:///x"})));
  const auto field = [](int id, const char* name, Json type) {
    return Json{{"id", id}, {"name", name}, {"required", false}, {"type", std::move(type)}};
  };
  Json inner{{"type", "struct"}, {"fields", Json::array({field(9, "in", "int")})}};
  Json list{{"type", "list"}, {"element-id", 8}, {"element", inner}, {"element-required", false}};
  Json map{{"type", "map"},  {"key-id", 11},  {"key", "string"},
           {"value-id", 12}, {"value", list}, {"value-required", false}};
  json["schemas"][0]["fields"].push_back(field(10, "nested", map));
  json["schemas"][0]["identifier-field-ids"] = {1};
  json["last-column-id"] = 12;
  json["snapshots"] =
      Json::array({{{"snapshot-id", 7}, {"timestamp-ms", 1}, {"sequence-number", 1}, {"manifest-list", "l"}}});
  json["current-snapshot-id"] = 7;
  json["refs"] = Json::parse(R"({"main":{"snapshot-id":7,"type":"branch"}})");
  json["metadata-log"] = Json::array({{{"timestamp-ms", 1}, {"metadata-file", "m"}}});
  json["sort-orders"].push_back(Json::parse(
      R"({"order-id":1,"fields":[{"transform":"identity","source-id":1,"direction":"asc","null-order":"nulls-first"}]})"));
  json["encryption-keys"] = Json::array({{{"key-id", "k"}, {"encrypted-key-metadata", "AA=="}}});
  json["statistics"] = Json::array({{{"snapshot-id", 7}, {"statistics-path", "s"}}});
  const std::function<void(Json&)> mark = [&](Json& at) {
    for (Json& value : at)
      if (value.is_structured()) mark(value);
    if (at.is_object()) at["x-future"] = {{"n", 1}};
  };
  mark(json);
  json["properties"].erase("x-future");  // allows strings only
  json["refs"].erase("x-future");
  const auto metadata = ParseTableMetadata(json.dump());
  ASSERT_TRUE(metadata) << metadata.error().message;
  ExpectKept(json, Json::parse(TableMetadataToJson(*metadata)), "");
}

// Goal:   unsupported documents are named as what they are.
// Method: a view, geometry, a later format, columns of an unknown type.
TEST(MetadataJson, SaysWhatIsNotSupported) {
  const std::string table =
      TableMetadataToJson(*MakeTableMetadata({.schema = rows::EventSchema(), .location = "file:///x"}));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = table;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const struct {
    std::string text;
    ErrorKind kind;
    const char* says;
  } cases[] = {
      {R"({"view-uuid":"u","format-version":1,"location":"l","schemas":[],"versions":[],"current-version-id":1})",
       ErrorKind::kUnsupported, "view"},
      {with("\"double\"", "\"geometry\""), ErrorKind::kUnsupported,
       "type geometry (Iceberg format 3) are not supported"},
      {with("\"double\"", "\"geometry(OGC:CRS84)\""), ErrorKind::kUnsupported, "geometry(OGC:CRS84)"},
      {with("\"double\"", "\"geography(OGC:CRS84, spherical)\""), ErrorKind::kUnsupported, "geography"},
      {with("\"double\"", "\"geom\""), ErrorKind::kCorrupt, "unknown Iceberg type: 'geom'"},
      {with("\"format-version\":2", "\"format-version\":4"), ErrorKind::kUnsupported, "format 4"}};
  for (const auto& of : cases) {
    const auto parsed = ParseTableMetadata(of.text);
    ASSERT_FALSE(parsed) << of.says;
    EXPECT_EQ(parsed.error().kind, of.kind) << parsed.error().message;
    EXPECT_NE(parsed.error().message.find(of.says), std::string::npos) << parsed.error().message;
  }
}

}  // namespace
}  // namespace ingot::iceberg
