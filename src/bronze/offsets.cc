#include "bronze/offsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bronze/file_identities.h"
#include "iceberg/journal.h"
#include "stage/marks.h"
#include "storage/location.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

constexpr size_t kInlineBytesMax = 4 * 1024;  // the summary is repeated in every metadata file

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::map<std::string, source::TopicIdentity> TopicsFromJson(const std::string& text) {
  std::map<std::string, source::TopicIdentity> topics;
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_object())
    for (const auto& [name, topic] : json.items())
      if (topic.is_object()) topics[name] = {topic.value("cluster", ""), topic.value("id", "")};
  return topics;
}

/// The text of a mark, inline or in the file that another mark names.
Result<std::optional<std::string>> MarkText(storage::Storage& storage, const iceberg::Properties& marks,
                                            const char* key, const char* file_key) {
  if (const auto inlined = marks.find(key); inlined != marks.end()) return inlined->second;
  const auto file = marks.find(file_key);
  if (file == marks.end()) return std::nullopt;
  INGOT_ASSIGN(auto text, storage.ReadAll(file->second));
  return text;
}

/// Reads the checkpoint from the marks in a snapshot's summary or in the table's properties; nothing without marks.
Result<std::optional<source::Checkpoint>> CheckpointIn(storage::Storage& storage, const iceberg::Properties& marks) {
  source::Checkpoint checkpoint;
  INGOT_ASSIGN(const auto offsets, MarkText(storage, marks, stage::kOffsetsKey, stage::kOffsetsFileKey));
  if (!offsets) return std::nullopt;
  INGOT_ASSIGN(checkpoint.positions, PositionsFromJson(*offsets));
  INGOT_ASSIGN(const auto files, MarkText(storage, marks, stage::kInputFilesKey, stage::kInputFilesFileKey));
  if (files) {
    INGOT_ASSIGN(checkpoint.files, IdentitiesFromJson(*files));
    // A program version without identities may have moved the position.
    std::erase_if(checkpoint.files, [&](const auto& file) {
      const auto position = checkpoint.positions.find(file.first);
      return position == checkpoint.positions.end() || position->second != file.second.offset;
    });
  }
  if (const auto topics = marks.find(stage::kTopicsKey); topics != marks.end())
    checkpoint.topics = TopicsFromJson(topics->second);
  return checkpoint;
}

}  // namespace

std::string PositionsToJson(const source::Positions& positions) {
  Json json = Json::object();
  for (const auto& [id, offset] : positions) json[id.topic][std::to_string(id.partition)] = offset;
  return Dump(json);
}

Result<source::Positions> PositionsFromJson(const std::string& text) {
  source::Positions positions;
  const Json json = Json::parse(text, nullptr, false);
  const auto refuse = [] {
    return Fail(ErrorKind::kCorrupt,
                "the offsets of a bronze snapshot are not what docs/formats/snapshot-summary.md says");
  };
  if (!json.is_object()) return refuse();
  for (const auto& [topic, partitions] : json.items()) {
    if (!partitions.is_object()) return refuse();
    for (const auto& [partition, offset] : partitions.items()) {
      if (!offset.is_number_integer()) return refuse();
      positions[{topic, std::atoi(partition.c_str())}] = offset.get<int64_t>();
    }
  }
  return positions;
}

std::string RangesToJson(const OffsetRanges& ranges) {
  Json json = Json::object();
  for (const auto& [id, range] : ranges) json[id.topic][std::to_string(id.partition)] = {range.begin, range.end};
  return Dump(json);
}

std::string TopicsToJson(const std::map<std::string, source::TopicIdentity>& topics) {
  Json json = Json::object();
  for (const auto& [name, topic] : topics) json[name] = {{"cluster", topic.cluster_id}, {"id", topic.topic_id}};
  return Dump(json);
}

std::string ResetsToJson(const std::vector<source::OffsetReset>& resets) {
  Json json = Json::array();
  for (const auto& reset : resets)
    json.push_back({{"topic", reset.id.topic},
                    {"partition", reset.id.partition},
                    {"from", reset.from},
                    {"to", reset.to},
                    {"reason", reset.reason}});
  return Dump(json);
}

Result<source::Checkpoint> ReadCheckpoint(storage::Storage& storage, const iceberg::TableMetadata& metadata) {
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(metadata, metadata.current_snapshot_id)) {
    INGOT_ASSIGN(auto found, CheckpointIn(storage, snapshot->summary));
    if (found) return *std::move(found);
  }
  // Our snapshots may have expired before those of another engine.
  INGOT_ASSIGN(auto found, CheckpointIn(storage, metadata.properties));
  return found.value_or(source::Checkpoint{});
}

Status WriteCheckpoint(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                       const source::Checkpoint& checkpoint, iceberg::Properties& summary,
                       std::vector<std::string>& written) {
  for (const char* key : stage::kCheckpointKeys) summary.erase(key);
  written.clear();
  if (!checkpoint.topics.empty()) summary[stage::kTopicsKey] = TopicsToJson(checkpoint.topics);
  const auto put = [&](const std::string& json, const char* key, const char* file_key, const char* name) -> Status {
    if (json.size() <= kInlineBytesMax) {
      summary[key] = json;
      return {};
    }
    const std::string file = storage::JoinLocation(storage::JoinLocation(metadata.location, "metadata"),
                                                   name + iceberg::NewFileName() + ".json");
    INGOT_TRY(storage.CreateAtomic(file, json));
    written.push_back(file);
    summary[file_key] = file;
    return {};
  };
  INGOT_TRY(put(PositionsToJson(checkpoint.positions), stage::kOffsetsKey, stage::kOffsetsFileKey, "offsets-"));
  if (checkpoint.files.empty()) return {};
  return put(IdentitiesToJson(checkpoint.files), stage::kInputFilesKey, stage::kInputFilesFileKey, "files-");
}

void OffsetChange::Add(source::FileChange file) {
  const auto [at, first] = files.try_emplace(file.id, file);
  if (!first) at->second.now = std::move(file.now);
}

Result<source::Checkpoint> Advance(source::Checkpoint checkpoint, const OffsetChange& change) {
  const auto conflict = [](std::string what) {
    return Fail(ErrorKind::kConflict, "another writer was first: " + what);
  };
  auto& positions = checkpoint.positions;
  for (const auto& reset : change.resets) {
    const auto at = positions.find(reset.id);
    if (at == positions.end() || at->second != reset.from)
      return conflict(
          fmt::format("{} partition {} is not at {} any more", reset.id.topic, reset.id.partition, reset.from));
    at->second = reset.to;
  }
  for (const auto& [name, identity] : change.topics) {
    const auto known = checkpoint.topics.find(name);
    if (known != checkpoint.topics.end() && known->second != identity &&
        std::ranges::none_of(change.resets, [&](const auto& reset) { return reset.id.topic == name; }))
      return conflict(fmt::format("the table has read from another topic {} (id {})", name, known->second.topic_id));
    checkpoint.topics[name] = identity;
  }
  for (const auto& [id, range] : change.ranges) {
    const auto [at, first] = positions.try_emplace(id, range.begin);
    // A file begins at its first byte; a partition begins at the first offset that retention has left.
    if (at->second != range.begin || (first && range.begin != 0 && !change.topics.contains(id.topic)))
      return conflict(fmt::format("{} partition {} is at offset {}, this batch begins at {}", id.topic, id.partition,
                                  at->second, range.begin));
    at->second = range.end;
    if (!change.files.contains(id)) checkpoint.files.erase(id);
  }
  for (const auto& [id, file] : change.files) {
    const auto known = checkpoint.files.find(id);
    if (file.before != (known == checkpoint.files.end() ? std::optional<source::FileIdentity>() : known->second))
      return conflict(fmt::format("{} partition {} is known with another content", id.topic, id.partition));
    checkpoint.files[id] = file.now;
  }
  return checkpoint;
}

}  // namespace ingot::bronze
