#include <arrow/util/compression.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/lower_case.h"
#include "base/random.h"
#include "iceberg/avro.h"
#include "iceberg/deflate.h"

namespace ingot::iceberg {
namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr size_t kBlockBytes = 64 * 1024;
Status Encode(AvroWriter& out, const AvroSchema& schema, const AvroValue& value);

Status EncodeUnion(AvroWriter& out, const AvroSchema& schema, const AvroValue& value) {
  for (size_t branch = 0; branch < schema.members.size(); ++branch) {
    const bool null_branch = schema.members[branch].schema->kind == AvroKind::kNull;
    if (null_branch != value.IsNull()) continue;
    out.Long(int64_t(branch));
    return Encode(out, *schema.members[branch].schema, value);
  }
  return Fail(ErrorKind::kInternal, "no branch of an Avro union takes the value");
}

Status EncodeList(AvroWriter& out, const AvroSchema& schema, const AvroValue::List& list) {
  if (schema.kind == AvroKind::kRecord) {
    if (list.size() != schema.members.size())
      return Fail(ErrorKind::kInternal, "an Avro record has the wrong number of fields");
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
  const auto wrong = [] { return Fail(ErrorKind::kInternal, "a value does not fit its Avro schema"); };
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
    default:
      if (!std::holds_alternative<AvroValue::List>(value.value)) return wrong();
      return EncodeList(out, schema, std::get<AvroValue::List>(value.value));
  }
}

/// Snappy blocks end with a CRC of four bytes; both lengths are in the formats themselves.
Result<std::string> Decompress(const std::string& codec, std::string_view block) {
  if (codec.empty() || codec == "null") return std::string(block);
  if (codec == "deflate") return Inflate(block, DeflateFrame::kBare);
  if (codec == "zstandard") return WithContext(DecompressZstd(block), "a block of an Avro file");
  if (codec == "snappy" && block.size() > 4) {
    INGOT_ARROW_ASSIGN(auto snappy, arrow::util::Codec::Create(arrow::Compression::SNAPPY));
    block.remove_suffix(4);
    AvroReader head{block};  // the plain length stands first, as a varint that is not zigzag
    uint64_t room = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = head.Take(1);
      if (head.failed) break;
      room |= uint64_t(uint8_t(byte[0]) & 0x7F) << shift;
      if (!(uint8_t(byte[0]) & 0x80)) break;
    }
    if (head.failed || room > block.size() * 64 + 1024)
      return Fail(ErrorKind::kCorrupt, "an Avro block does not decompress");
    std::string out(room, '\0');
    INGOT_ARROW_ASSIGN(const int64_t size,
                       snappy->Decompress(int64_t(block.size()), reinterpret_cast<const uint8_t*>(block.data()),
                                          int64_t(room), reinterpret_cast<uint8_t*>(out.data())));
    out.resize(size_t(size));
    return out;
  }
  return Fail(ErrorKind::kUnsupported, "Avro codec '" + codec + "'");
}

/// Reads up to the first block; the file has no rows yet.
Result<AvroFile> ReadHeader(AvroReader& in, std::string& codec) {
  if (in.rest.starts_with("AGS1"))
    return Fail(ErrorKind::kUnsupported, "it is encrypted, which is not supported: use the engine that wrote it");
  if (in.Take(4) != kMagic) return Fail(ErrorKind::kCorrupt, "not an Avro file: its first bytes are not 'Obj\\1'");
  AvroFile file;
  while (const int64_t count = in.Items()) {
    for (int64_t i = 0; i < count && !in.failed; ++i) {
      const std::string key(in.Bytes());
      file.properties[key] = in.Bytes();
    }
  }
  if (in.failed) return Fail(ErrorKind::kCorrupt, "the header of an Avro file is cut short");
  INGOT_ASSIGN(file.schema, ParseAvroSchema(file.properties["avro.schema"]));
  codec = LowerCase(file.properties["avro.codec"]);
  file.properties.erase("avro.schema");
  file.properties.erase("avro.codec");
  return file;
}

/// Calls `row(in)` for each row of the blocks that follow the header.
template <typename Row>
Status ReadBlocks(AvroReader& in, const std::string& codec, const Row& row) {
  const auto sync = in.Take(16);
  while (!in.failed && !in.rest.empty()) {
    const int64_t count = in.Long();
    const auto block = in.Take(in.Long());
    if (in.failed || in.Take(16) != sync || count < 0)
      return Fail(ErrorKind::kCorrupt, "an Avro file is cut short or a sync marker is wrong");
    INGOT_ASSIGN(const std::string plain, Decompress(codec, block));
    AvroReader rows{plain};
    for (int64_t i = 0; i < count && !rows.failed; ++i) INGOT_TRY(row(rows));
    if (rows.failed || !rows.rest.empty())
      return Fail(ErrorKind::kCorrupt, "a block of an Avro file does not fit its schema");
  }
  if (in.failed) return Fail(ErrorKind::kCorrupt, "an Avro file is cut short");
  return {};
}

}  // namespace

Result<AvroFile> ReadAvroFile(std::string_view bytes) {
  AvroReader in{bytes};
  std::string codec;
  INGOT_ASSIGN(AvroFile file, ReadHeader(in, codec));
  INGOT_TRY(ReadBlocks(in, codec, [&](AvroReader& rows) -> Status {
    file.rows.push_back(rows.Value(*file.schema));
    return {};
  }));
  return file;
}

Result<std::map<std::string, std::string>> ReadAvroProperties(std::string_view bytes) {
  AvroReader in{bytes};
  std::string codec;
  INGOT_ASSIGN(AvroFile file, ReadHeader(in, codec));
  return std::move(file.properties);
}

Status ReadAvroRows(std::string_view bytes, const std::function<Status(const AvroSchema&, AvroReader&)>& row) {
  AvroReader in{bytes};
  std::string codec;
  INGOT_ASSIGN(const AvroFile file, ReadHeader(in, codec));
  return ReadBlocks(in, codec, [&](AvroReader& rows) { return row(*file.schema, rows); });
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
  AvroWriter sync;
  sync.Raw(RandomBits());
  sync.Raw(RandomBits());
  file.out += sync.out;
  AvroWriter block;
  int64_t rows = 0;
  for (size_t i = 0; i < count; ++i) {
    INGOT_TRY(write(i, block));
    ++rows;
    if (block.out.size() < kBlockBytes && i + 1 < count) continue;
    file.Long(rows);
    file.Bytes(Deflate(block.out, DeflateFrame::kBare));
    file.out += sync.out;
    block.out.clear();
    rows = 0;
  }
  return std::move(file.out);
}

Result<std::string> WriteAvroFile(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  const std::vector<AvroValue>& rows) {
  INGOT_ASSIGN(const auto schema, ParseAvroSchema(schema_json));
  return WriteAvroRows(schema_json, properties, rows.size(),
                       [&](size_t i, AvroWriter& out) { return Encode(out, *schema, rows[i]); });
}

}  // namespace ingot::iceberg
