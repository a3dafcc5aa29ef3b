#include "bronze/offsets.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "iceberg/lineage.h"
#include "storage/location.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

constexpr const char* kOffsets = "ingot.offsets";
constexpr const char* kOffsetsFile = "ingot.offsets-file";
constexpr size_t kInlineBytesMax = 32 * 1024;  // the summary stands in every metadata file

}  // namespace

std::string PositionsToJson(const source::Positions& positions) {
  Json json = Json::object();
  for (const auto& [id, offset] : positions) json[id.topic][std::to_string(id.partition)] = offset;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<source::Positions> ReadPositions(storage::Storage& storage, const iceberg::TableMetadata& metadata) {
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(metadata, metadata.current_snapshot_id)) {
    if (const auto inlined = snapshot->summary.find(kOffsets); inlined != snapshot->summary.end())
      return PositionsFromJson(inlined->second);
    if (const auto file = snapshot->summary.find(kOffsetsFile); file != snapshot->summary.end()) {
      INGOT_ASSIGN(const std::string json, storage.ReadAll(file->second));
      return PositionsFromJson(json);
    }
  }
  // Snapshots of another engine may have outlived ours.
  if (const std::string inlined = metadata.Property(kOffsets, ""); !inlined.empty()) return PositionsFromJson(inlined);
  if (const std::string file = metadata.Property(kOffsetsFile, ""); !file.empty()) {
    INGOT_ASSIGN(const std::string json, storage.ReadAll(file));
    return PositionsFromJson(json);
  }
  return source::Positions{};
}

Status WritePositions(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                      const source::Positions& positions, iceberg::Properties& summary, std::string& written) {
  const std::string json = PositionsToJson(positions);
  summary.erase(kOffsets);
  summary.erase(kOffsetsFile);
  written.clear();
  if (json.size() <= kInlineBytesMax) {
    summary[kOffsets] = json;
    return {};
  }
  written =
      storage::JoinLocation(storage::JoinLocation(metadata.location, "metadata"), "offsets-" + RandomUuid() + ".json");
  INGOT_TRY(storage.CreateAtomic(written, json));
  summary[kOffsetsFile] = written;
  return {};
}

Result<source::Positions> Advance(source::Positions positions, const OffsetRanges& ranges) {
  for (const auto& [id, range] : ranges) {
    int64_t& at = positions[id];
    if (at != range.begin)
      return Fail(ErrorKind::kConflict,
                  fmt::format("another writer was first: {} partition {} is at offset {}, this batch begins at {}",
                              id.topic, id.partition, at, range.begin));
    at = range.end;
  }
  return positions;
}

}  // namespace ingot::bronze
