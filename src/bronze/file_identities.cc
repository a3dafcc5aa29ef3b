#include "bronze/file_identities.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

constexpr size_t kNumbers = 7, kElementsMin = 10;

void Append(std::string& json, const std::string& topic, const source::FileIdentity& file) {
  const source::FileStat& stat = file.stat;
  fmt::format_to(std::back_inserter(json), R"([{},{},{},{},{},{},{},"{:x}","{:x}","{}{}")", file.offset,
                 stat.stored_bytes, stat.device, stat.inode, stat.born_ns, stat.modified_ns, stat.changed_ns, file.head,
                 file.tail, file.compressed ? "c" : "", file.incomplete ? "i" : "");
  if (file.location != topic) {
    json += ',';
    AppendJsonString(json, file.location);
  }
  json += ']';
}

uint64_t Hex(const Json& json) {
  const auto& text = json.get_ref<const std::string&>();
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

/// Returns nothing when the JSON is invalid.
std::optional<source::FileIdentity> Read(const Json& json, const std::string& topic) {
  if (!json.is_array() || json.size() < kElementsMin) return std::nullopt;
  for (size_t i = 0; i < json.size(); ++i)
    if (i < kNumbers ? !json[i].is_number_integer() : !json[i].is_string()) return std::nullopt;
  const std::string& marks = json[9].get_ref<const std::string&>();
  source::FileIdentity file{.location = json.size() > kElementsMin ? json[10].get<std::string>() : topic,
                            .stat = {.device = json[2].get<uint64_t>(),
                                     .inode = json[3].get<uint64_t>(),
                                     .born_ns = json[4].get<int64_t>(),
                                     .stored_bytes = json[1].get<int64_t>(),
                                     .modified_ns = json[5].get<int64_t>(),
                                     .changed_ns = json[6].get<int64_t>()},
                            .offset = json[0].get<int64_t>(),
                            .head = Hex(json[7]),
                            .tail = Hex(json[8]),
                            .compressed = marks.find('c') != std::string::npos,
                            .incomplete = marks.find('i') != std::string::npos};
  return file;
}

}  // namespace

std::string IdentitiesToJson(const FileIdentities& files) {
  std::string json = "{";
  const std::string* topic = nullptr;
  for (const auto& [id, file] : files) {
    if (topic == nullptr || *topic != id.topic) {
      json += topic == nullptr ? "" : "},";
      AppendJsonString(json, id.topic);
      json += ":{";
    } else {
      json += ',';
    }
    topic = &id.topic;
    json += fmt::format("\"{}\":", id.partition);
    Append(json, id.topic, file);
  }
  return json + (topic == nullptr ? "}" : "}}");
}

Result<FileIdentities> IdentitiesFromJson(const std::string& text) {
  FileIdentities files;
  const Json json = Json::parse(text, nullptr, false);
  const auto refuse = [] {
    return Fail(ErrorKind::kCorrupt,
                "ingot.files of a bronze snapshot is not what docs/formats/snapshot-summary.md says");
  };
  if (!json.is_object()) return refuse();
  for (const auto& [topic, partitions] : json.items()) {
    if (!partitions.is_object()) return refuse();
    for (const auto& [partition, identity] : partitions.items()) {
      auto file = Read(identity, topic);
      if (!file) return refuse();
      files.emplace_hint(files.end(), source::PartitionId{topic, std::atoi(partition.c_str())}, *std::move(file));
    }
  }
  return files;
}

}  // namespace ingot::bronze
