#include "avro/avro.h"
#include "avro/codec.h"
#include "avro/deflate.h"
#include "base/crc32.h"
#include "base/lower_case.h"
#include "base/random.h"

namespace ingot::avro {
namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr size_t kBlockBytes = 64 * 1024;
constexpr size_t kSyncBytes = 16;
constexpr std::string_view kChecksumMark = "ICRC";

Status Encode(AvroWriter& out, const AvroSchema& schema, const AvroValue& value);

Status EncodeUnion(AvroWriter& out, const AvroSchema& schema, const AvroValue& value) {
  for (size_t branch = 0; branch < schema.members.size(); ++branch) {
    const bool null_branch = schema.members[branch].schema->kind == AvroKind::kNull;
    if (null_branch != value.IsNull()) continue;
    out.Long(int64_t(branch));
    return Encode(out, *schema.members[branch].schema, value);
  }
  return Fail(ErrorKind::kInternal, "value matches no branch of an Avro union");
}

Status EncodeList(AvroWriter& out, const AvroSchema& schema, const AvroValue::List& list) {
  if (schema.kind == AvroKind::kRecord) {
    if (list.size() != schema.members.size())
      return Fail(ErrorKind::kInternal, "Avro record has the wrong number of fields");
    for (size_t i = 0; i < list.size(); ++i) {
      if (auto status = Encode(out, *schema.members[i].schema, list[i]); !status)
        return std::unexpected(std::move(status).error().Context(schema.members[i].name));
    }
    return {};
  }
  if (!list.empty()) {
    out.Long(int64_t(list.size()));
    for (const AvroValue& item : list) {
      if (schema.kind == AvroKind::kArray) {
        INGOT_TRY(Encode(out, *schema.members[0].schema, item));
      } else {
        const auto& pair = std::get<AvroValue::List>(item.value);
        out.Bytes(std::get<std::string>(pair[0].value));
        INGOT_TRY(Encode(out, *schema.members[0].schema, pair[1]));
      }
    }
  }
  out.Long(0);
  return {};
}

Status Encode(AvroWriter& out, const AvroSchema& schema, const AvroValue& value) {
  const auto wrong = [] { return Fail(ErrorKind::kInternal, "value does not match its Avro schema"); };
  switch (schema.kind) {
    case AvroKind::kNull:
      return value.IsNull() ? Status() : wrong();
    case AvroKind::kBoolean:
      if (!std::holds_alternative<bool>(value.value)) return wrong();
      out.Raw(std::get<bool>(value.value));
      return {};
    case AvroKind::kInt:
    case AvroKind::kEnum:
    case AvroKind::kLong:
      if (!std::holds_alternative<int64_t>(value.value)) return wrong();
      out.Long(std::get<int64_t>(value.value));
      return {};
    case AvroKind::kFloat:
      if (!std::holds_alternative<float>(value.value)) return wrong();
      out.Raw(std::get<float>(value.value));
      return {};
    case AvroKind::kDouble:
      if (!std::holds_alternative<double>(value.value)) return wrong();
      out.Raw(std::get<double>(value.value));
      return {};
    case AvroKind::kBytes:
    case AvroKind::kString:
      if (!std::holds_alternative<std::string>(value.value)) return wrong();
      out.Bytes(std::get<std::string>(value.value));
      return {};
    case AvroKind::kFixed:
      if (!std::holds_alternative<std::string>(value.value) ||
          std::get<std::string>(value.value).size() != size_t(schema.fixed_bytes))
        return wrong();
      out.out += std::get<std::string>(value.value);
      return {};
    case AvroKind::kUnion:
      return EncodeUnion(out, schema, value);
    case AvroKind::kRecord:
    case AvroKind::kArray:
    case AvroKind::kMap:
      break;
  }
  if (!std::holds_alternative<AvroValue::List>(value.value)) return wrong();
  return EncodeList(out, schema, std::get<AvroValue::List>(value.value));
}

/// A sync marker that carries a checksum. Source: docs/formats/avro-checksum.md.
std::string SyncMarker(std::string_view random, uint32_t checksum) {
  AvroWriter marker{std::string(kChecksumMark)};
  marker.out += random;
  marker.Raw(Crc32(0, marker.out));
  marker.Raw(checksum);
  return std::move(marker.out);
}

/// Whether a sync marker carries a checksum; those of other writers are random.
bool HoldsChecksum(std::string_view sync) {
  return sync.starts_with(kChecksumMark) && SyncMarker(sync.substr(4, 4), 0).substr(0, 12) == sync.substr(0, 12);
}

/// Calls `row(in)` for each row. `bytes` is the whole file; `in` is positioned after its header.
template <typename Row>
Status ReadBlocks(std::string_view bytes, AvroReader& in, const AvroHeader& header, const Row& row) {
  uint32_t checksum = Crc32(0, bytes.substr(0, bytes.size() - in.rest.size() - kSyncBytes));
  while (!in.failed && !in.rest.empty()) {
    const std::string_view before = in.rest;
    const int64_t count = in.Long();
    const auto block = in.Take(in.Long());
    checksum = Crc32(checksum, before.substr(0, before.size() - in.rest.size()));
    if (in.failed || in.Take(kSyncBytes) != header.sync || count < 0)
      return Fail(ErrorKind::kCorrupt, "damaged Avro file: truncated, or a sync marker is wrong");
    INGOT_ASSIGN(const std::string plain, DecompressAvroBlock(header.codec, block));
    AvroReader rows{plain};
    for (int64_t i = 0; i < count && !rows.failed; ++i) INGOT_TRY(row(rows));
    if (rows.failed || !rows.rest.empty())
      return Fail(ErrorKind::kCorrupt, "damaged Avro file: a block does not match its schema");
  }
  if (in.failed) return Fail(ErrorKind::kCorrupt, "damaged Avro file: truncated");
  if (HoldsChecksum(header.sync) && SyncMarker(header.sync.substr(4, 4), checksum) != header.sync)
    return Fail(ErrorKind::kCorrupt, "damaged Avro file: the checksum is wrong");
  return {};
}

}  // namespace

Result<AvroHeader> ReadAvroHeader(AvroReader& in) {
  if (in.rest.starts_with("AGS1"))
    return Fail(ErrorKind::kUnsupported,
                "encrypted Avro files are not supported: read the table with the engine that wrote it");
  const auto magic = in.Take(kMagic.size());
  if (!in.failed && magic != kMagic)
    return Fail(ErrorKind::kCorrupt, "not an Avro file: its first bytes are not 'Obj\\1'");
  AvroHeader header;
  while (const int64_t count = in.Items()) {
    for (int64_t i = 0; i < count && !in.failed; ++i) {
      const std::string key(in.Bytes());
      header.properties[key] = in.Bytes();
    }
  }
  header.sync = in.Take(kSyncBytes);
  if (in.failed) return Fail(ErrorKind::kCorrupt, "damaged Avro file: the header is truncated");
  INGOT_ASSIGN(header.schema, ParseAvroSchema(header.properties["avro.schema"]));
  header.codec = LowerCase(header.properties["avro.codec"]);
  header.properties.erase("avro.schema");
  header.properties.erase("avro.codec");
  return header;
}

Result<AvroFile> ReadAvroFile(std::string_view bytes) {
  AvroReader in{bytes};
  INGOT_ASSIGN(AvroHeader header, ReadAvroHeader(in));
  AvroFile file{.schema = header.schema};
  INGOT_TRY(ReadBlocks(bytes, in, header, [&](AvroReader& rows) -> Status {
    file.rows.push_back(rows.Value(*file.schema));
    return {};
  }));
  file.properties = std::move(header.properties);
  return file;
}

Result<std::map<std::string, std::string>> ReadAvroProperties(std::string_view bytes) {
  AvroReader in{bytes};
  INGOT_ASSIGN(AvroHeader header, ReadAvroHeader(in));
  return std::move(header.properties);
}

Status ReadAvroRows(std::string_view bytes, const std::function<Status(const AvroSchema&, AvroReader&)>& row) {
  AvroReader in{bytes};
  INGOT_ASSIGN(const AvroHeader header, ReadAvroHeader(in));
  return ReadBlocks(bytes, in, header, [&](AvroReader& rows) { return row(*header.schema, rows); });
}

void AvroWriter::Long(int64_t value) {
  uint64_t bits = (uint64_t(value) << 1) ^ uint64_t(value >> 63);
  for (; bits >= 0x80; bits >>= 7) out += char(uint8_t(bits) | 0x80);
  out += char(bits);
}

void AvroWriter::Bytes(std::string_view bytes) {
  Long(int64_t(bytes.size()));
  out += bytes;
}

Result<std::string> WriteAvroRows(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  size_t count, const std::function<Status(size_t, AvroWriter&)>& write) {
  AvroWriter file{std::string(kMagic)};
  file.Long(int64_t(properties.size() + 2));
  file.Bytes("avro.schema");
  file.Bytes(schema_json);
  file.Bytes("avro.codec");
  file.Bytes("deflate");
  for (const auto& [key, value] : properties) file.Bytes(key), file.Bytes(value);
  file.Long(0);
  std::vector<size_t> parts{0,
                            file.out.size()};  // the ends of the header and of each block, where a sync marker follows
  file.out.append(kSyncBytes, '\0');
  AvroWriter block;
  int64_t rows = 0;
  for (size_t i = 0; i < count; ++i) {
    INGOT_TRY(write(i, block));
    ++rows;
    if (block.out.size() < kBlockBytes && i + 1 < count) continue;
    file.Long(rows);
    file.Bytes(Deflate(block.out, DeflateFrame::kRaw));
    parts.push_back(file.out.size());
    file.out.append(kSyncBytes, '\0');
    block.out.clear();
    rows = 0;
  }
  uint32_t checksum = 0;
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t begin = i == 1 ? 0 : parts[i - 1] + kSyncBytes;
    checksum = Crc32(checksum, std::string_view(file.out).substr(begin, parts[i] - begin));
  }
  AvroWriter random;
  random.Raw(uint32_t(RandomBits()));
  const std::string sync = SyncMarker(random.out, checksum);
  for (size_t i = 1; i < parts.size(); ++i) file.out.replace(parts[i], kSyncBytes, sync);
  return std::move(file.out);
}

Result<std::string> WriteAvroFile(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  const std::vector<AvroValue>& rows) {
  INGOT_ASSIGN(const auto schema, ParseAvroSchema(schema_json));
  return WriteAvroRows(schema_json, properties, rows.size(),
                       [&](size_t i, AvroWriter& out) { return Encode(out, *schema, rows[i]); });
}

}  // namespace ingot::avro
