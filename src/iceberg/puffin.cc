#include "iceberg/puffin.h"

#include "base/json.h"
#include "iceberg/journal.h"
#include "storage/location.h"

namespace ingot::iceberg {
namespace {

constexpr std::string_view kMagic = "PFA1";

std::string LittleEndian(uint32_t value) {
  std::string bytes;
  for (int byte = 0; byte < 4; ++byte) bytes += char(value >> (8 * byte) & 0xFF);
  return bytes;
}

/// The footer from its JSON to the end of the file.
std::string FooterOf(const std::string& payload) {
  return payload + LittleEndian(uint32_t(payload.size())) + LittleEndian(0) + std::string(kMagic);
}

Json Described(const PuffinBlob& blob) {
  return {{"type", blob.type},
          {"fields", blob.fields},
          {"snapshot-id", blob.snapshot_id},
          {"sequence-number", blob.sequence_number},
          {"properties", blob.properties}};
}

Json Other(const TableMetadata& metadata) {
  return metadata.other.empty() ? Json::object() : Json::parse(metadata.other);
}

}  // namespace

// Layout: magic, blobs, magic, footer (JSON), footer length, flags (0: not compressed), magic.
PuffinFile MakePuffin(const std::vector<PuffinBlob>& blobs) {
  PuffinFile file{.bytes = std::string(kMagic), .offsets = {}};
  Json described = Json::array();
  for (const PuffinBlob& blob : blobs) {
    described.push_back(Described(blob));
    described.back()["offset"] = file.bytes.size();
    described.back()["length"] = blob.bytes.size();
    file.offsets.push_back(int64_t(file.bytes.size()));
    file.bytes += blob.bytes;
  }
  const std::string payload = Json{{"blobs", described}, {"properties", {{"created-by", "Ingot"}}}}.dump();
  const std::string footer = std::string(kMagic) + FooterOf(payload);
  file.footer_bytes = int64_t(footer.size());
  file.bytes += footer;
  return file;
}

Result<std::string> MapPuffinPaths(std::string_view file,
                                   const std::function<std::string(const std::string& path)>& moved) {
  constexpr size_t kEnd = 12;  // length, flags and magic
  const auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t byte = 0; byte < 4; ++byte) value |= uint32_t(uint8_t(file[at + byte])) << (8 * byte);
    return value;
  };
  if (file.size() < 2 * kMagic.size() + kEnd || !file.starts_with(kMagic) || !file.ends_with(kMagic))
    return Fail(ErrorKind::kCorrupt, "not a Puffin file");
  const size_t payload_bytes = number(file.size() - kEnd);
  if (payload_bytes > file.size() - kEnd - 2 * kMagic.size())
    return Fail(ErrorKind::kCorrupt, "the footer is longer than the Puffin file");
  if ((number(file.size() - kEnd + 4) & 1) != 0)
    return Fail(ErrorKind::kUnsupported, "the footer of the Puffin file is compressed");
  const size_t begin = file.size() - kEnd - payload_bytes;
  return ParseJsonWith(file.substr(begin, payload_bytes), [&](Json footer) {
    for (Json& blob : footer.at("blobs"))
      if (const auto properties = blob.find("properties"); properties != blob.end())
        if (const auto path = properties->find("referenced-data-file"); path != properties->end())
          *path = moved(path->get<std::string>());
    return std::string(file.substr(0, begin)) + FooterOf(footer.dump());
  });
}

Result<StatisticsFile> WritePuffin(storage::Storage& storage, const TableMetadata& metadata, SnapshotId snapshot_id,
                                   const std::vector<PuffinBlob>& blobs) {
  const PuffinFile made = MakePuffin(blobs);
  Json in_metadata = Json::array();
  for (const PuffinBlob& blob : blobs) in_metadata.push_back(Described(blob));
  StatisticsFile file{.snapshot_id = snapshot_id,
                      .location = storage::JoinLocation(MetadataFolder(metadata), NewFileName() + ".stats"),
                      .bytes = int64_t(made.bytes.size()),
                      .json = {}};
  INGOT_TRY(storage.CreateAtomic(file.location, made.bytes));
  file.json = Json{{"snapshot-id", snapshot_id},
                   {"statistics-path", file.location},
                   {"file-size-in-bytes", file.bytes},
                   {"file-footer-size-in-bytes", made.footer_bytes},
                   {"blob-metadata", in_metadata}}
                  .dump();
  return file;
}

void SetStatistics(TableMetadata& metadata, const StatisticsFile& file) {
  Json other = Other(metadata), kept = Json::array();
  for (const Json& entry : other.value("statistics", Json::array()))
    if (entry.value("snapshot-id", SnapshotId(0)) != file.snapshot_id) kept.push_back(entry);
  kept.push_back(Json::parse(file.json));
  other["statistics"] = std::move(kept);
  metadata.other = other.dump();
}

bool HasStatistics(const TableMetadata& metadata, SnapshotId snapshot_id, std::string_view blob_type) {
  const Json other = Other(metadata);
  for (const Json& entry : other.value("statistics", Json::array())) {
    if (entry.value("snapshot-id", SnapshotId(0)) != snapshot_id) continue;
    const Json& blobs = entry.value("blob-metadata", Json::array());
    for (const Json& blob : blobs)
      if (blob.value("type", "") == blob_type) return true;
  }
  return false;
}

}  // namespace ingot::iceberg
