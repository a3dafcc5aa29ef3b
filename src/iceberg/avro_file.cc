#include <arrow/util/compression.h>

#include <cstring>

#include "base/arrow_result.h"
#include "base/random.h"
#include "iceberg/avro.h"
#include "iceberg/deflate.h"

namespace ingot::iceberg {
namespace {

constexpr std::string_view kMagic("Obj\1", 4);
constexpr size_t kBlockBytes = 64 * 1024;
constexpr int kDepthMax = 128;

/// Reads primitives; the first read past the end sets `failed` and everything after gives zeros.
struct Reader {
  std::string_view rest;
  bool failed = false;

  std::string_view Take(int64_t bytes) {
    if (bytes < 0 || uint64_t(bytes) > rest.size()) {
      failed = true;
      rest = {};
      return {};
    }
    const auto taken = rest.substr(0, size_t(bytes));
    rest.remove_prefix(size_t(bytes));
    return taken;
  }

  int64_t Long() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Take(1);
      if (failed) return 0;
      value |= uint64_t(uint8_t(byte[0]) & 0x7F) << shift;
      if (!(uint8_t(byte[0]) & 0x80)) return int64_t(value >> 1) ^ -int64_t(value & 1);
    }
    failed = true;
    return 0;
  }

  std::string Bytes() { return std::string(Take(Long())); }

  template <typename T>
  T Raw() {
    T value{};
    const auto bytes = Take(sizeof(T));
    if (!failed) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
};

AvroValue Decode(Reader& in, const AvroSchema& schema, int depth) {
  if (depth > kDepthMax) in.failed = true;
  if (in.failed) return {};
  switch (schema.kind) {
    case AvroKind::kNull:
      return {};
    case AvroKind::kBoolean:
      return in.Take(1) == std::string_view("\1", 1);
    case AvroKind::kInt:
    case AvroKind::kEnum:
    case AvroKind::kLong:
      return in.Long();
    case AvroKind::kFloat:
      return in.Raw<float>();
    case AvroKind::kDouble:
      return in.Raw<double>();
    case AvroKind::kBytes:
    case AvroKind::kString:
      return in.Bytes();
    case AvroKind::kFixed:
      return std::string(in.Take(schema.fixed_bytes));
    case AvroKind::kUnion: {
      const int64_t branch = in.Long();
      if (branch < 0 || branch >= int64_t(schema.members.size())) in.failed = true;
      if (in.failed) return {};
      return Decode(in, *schema.members[size_t(branch)].schema, depth + 1);
    }
    case AvroKind::kRecord: {
      AvroValue::List list;
      list.reserve(schema.members.size());
      for (const auto& member : schema.members) list.push_back(Decode(in, *member.schema, depth + 1));
      return list;
    }
    case AvroKind::kArray:
    case AvroKind::kMap: {
      AvroValue::List list;
      while (int64_t count = in.Long()) {
        if (count < 0) count = -count, in.Long();  // a byte size follows a negative count
        if (in.failed || count > int64_t(in.rest.size())) in.failed = true;
        for (int64_t i = 0; i < count && !in.failed; ++i) {
          if (schema.kind == AvroKind::kArray) {
            list.push_back(Decode(in, *schema.members[0].schema, depth + 1));
          } else {
            AvroValue key = in.Bytes();
            AvroValue::List pair{std::move(key)};
            pair.push_back(Decode(in, *schema.members[0].schema, depth + 1));
            list.push_back(std::move(pair));
          }
        }
        if (in.failed) return {};
      }
      return list;
    }
  }
  return {};
}

void AppendLong(std::string& out, int64_t value) {
  uint64_t bits = (uint64_t(value) << 1) ^ uint64_t(value >> 63);
  for (; bits >= 0x80; bits >>= 7) out += char(uint8_t(bits) | 0x80);
  out += char(bits);
}

void AppendBytes(std::string& out, std::string_view bytes) {
  AppendLong(out, int64_t(bytes.size()));
  out += bytes;
}

Status Encode(std::string& out, const AvroSchema& schema, const AvroValue& value);

Status EncodeUnion(std::string& out, const AvroSchema& schema, const AvroValue& value) {
  for (size_t branch = 0; branch < schema.members.size(); ++branch) {
    const bool null_branch = schema.members[branch].schema->kind == AvroKind::kNull;
    if (null_branch != value.IsNull()) continue;
    AppendLong(out, int64_t(branch));
    return Encode(out, *schema.members[branch].schema, value);
  }
  return Fail(ErrorKind::kInternal, "no branch of an Avro union takes the value");
}

Status EncodeList(std::string& out, const AvroSchema& schema, const AvroValue::List& list) {
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
    AppendLong(out, int64_t(list.size()));
    for (const AvroValue& item : list) {
      if (schema.kind == AvroKind::kArray) {
        INGOT_TRY(Encode(out, *schema.members[0].schema, item));
      } else {
        const auto& pair = std::get<AvroValue::List>(item.value);
        AppendBytes(out, std::get<std::string>(pair[0].value));
        INGOT_TRY(Encode(out, *schema.members[0].schema, pair[1]));
      }
    }
  }
  AppendLong(out, 0);
  return {};
}

Status Encode(std::string& out, const AvroSchema& schema, const AvroValue& value) {
  const auto wrong = [] { return Fail(ErrorKind::kInternal, "a value does not fit its Avro schema"); };
  switch (schema.kind) {
    case AvroKind::kNull:
      return value.IsNull() ? Status() : wrong();
    case AvroKind::kBoolean:
      if (!std::holds_alternative<bool>(value.value)) return wrong();
      out += std::get<bool>(value.value) ? '\1' : '\0';
      return {};
    case AvroKind::kInt:
    case AvroKind::kEnum:
    case AvroKind::kLong:
      if (!std::holds_alternative<int64_t>(value.value)) return wrong();
      AppendLong(out, std::get<int64_t>(value.value));
      return {};
    case AvroKind::kFloat:
      if (!std::holds_alternative<float>(value.value)) return wrong();
      out.append(reinterpret_cast<const char*>(&std::get<float>(value.value)), 4);
      return {};
    case AvroKind::kDouble:
      if (!std::holds_alternative<double>(value.value)) return wrong();
      out.append(reinterpret_cast<const char*>(&std::get<double>(value.value)), 8);
      return {};
    case AvroKind::kBytes:
    case AvroKind::kString:
      if (!std::holds_alternative<std::string>(value.value)) return wrong();
      AppendBytes(out, std::get<std::string>(value.value));
      return {};
    case AvroKind::kFixed:
      if (!std::holds_alternative<std::string>(value.value) ||
          std::get<std::string>(value.value).size() != size_t(schema.fixed_bytes))
        return wrong();
      out += std::get<std::string>(value.value);
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
  if (codec == "zstandard") {
    INGOT_ARROW_ASSIGN(auto zstd, arrow::util::Codec::Create(arrow::Compression::ZSTD));
    for (size_t room = block.size() * 8 + 65536; room <= (size_t(1) << 32); room *= 4) {
      std::string out(room, '\0');
      const auto size = zstd->Decompress(int64_t(block.size()), reinterpret_cast<const uint8_t*>(block.data()),
                                         int64_t(room), reinterpret_cast<uint8_t*>(out.data()));
      if (!size.ok()) continue;
      out.resize(size_t(*size));
      return out;
    }
    return Fail(ErrorKind::kCorrupt, "an Avro block does not decompress");
  }
  if (codec == "snappy" && block.size() > 4) {
    INGOT_ARROW_ASSIGN(auto snappy, arrow::util::Codec::Create(arrow::Compression::SNAPPY));
    block.remove_suffix(4);
    Reader head{block};  // the plain length stands first, as a varint that is not zigzag
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

Result<AvroFile> ReadHeader(Reader& in, std::string& codec) {
  if (in.Take(4) != kMagic) return Fail(ErrorKind::kCorrupt, "not an Avro file: its first bytes are not 'Obj\\1'");
  static const AvroSchema bytes{.kind = AvroKind::kBytes};
  static const AvroSchema map{.kind = AvroKind::kMap, .members = {{"", -1, std::make_shared<AvroSchema>(bytes)}}};
  const AvroValue header = Decode(in, map, 0);
  if (in.failed) return Fail(ErrorKind::kCorrupt, "the header of an Avro file is cut short");
  AvroFile file;
  for (const AvroValue& entry : std::get<AvroValue::List>(header.value)) {
    const auto& pair = std::get<AvroValue::List>(entry.value);
    file.properties[std::get<std::string>(pair[0].value)] = std::get<std::string>(pair[1].value);
  }
  INGOT_ASSIGN(file.schema, ParseAvroSchema(file.properties["avro.schema"]));
  codec = file.properties["avro.codec"];
  file.properties.erase("avro.schema");
  file.properties.erase("avro.codec");
  return file;
}

}  // namespace

Result<AvroFile> ReadAvroFile(std::string_view bytes) {
  Reader in{bytes};
  std::string codec;
  INGOT_ASSIGN(AvroFile file, ReadHeader(in, codec));
  const auto sync = in.Take(16);
  while (!in.failed && !in.rest.empty()) {
    const int64_t count = in.Long();
    const auto block = in.Take(in.Long());
    if (in.failed || in.Take(16) != sync || count < 0)
      return Fail(ErrorKind::kCorrupt, "an Avro file is cut short or a sync marker is wrong");
    INGOT_ASSIGN(const std::string plain, Decompress(codec, block));
    Reader rows{plain};
    for (int64_t i = 0; i < count && !rows.failed; ++i) file.rows.push_back(Decode(rows, *file.schema, 0));
    if (rows.failed || !rows.rest.empty())
      return Fail(ErrorKind::kCorrupt, "a block of an Avro file does not fit its schema");
  }
  if (in.failed) return Fail(ErrorKind::kCorrupt, "an Avro file is cut short");
  return file;
}

Result<std::string> WriteAvroFile(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  const std::vector<AvroValue>& rows) {
  INGOT_ASSIGN(const auto schema, ParseAvroSchema(schema_json));
  std::string out(kMagic);
  AppendLong(out, int64_t(properties.size() + 2));
  AppendBytes(out, "avro.schema");
  AppendBytes(out, schema_json);
  AppendBytes(out, "avro.codec");
  AppendBytes(out, "deflate");
  for (const auto& [key, value] : properties) AppendBytes(out, key), AppendBytes(out, value);
  AppendLong(out, 0);
  std::string sync(16, '\0');
  for (size_t i = 0; i < 16; i += 8) {
    const uint64_t bits = RandomBits();
    std::memcpy(sync.data() + i, &bits, 8);
  }
  out += sync;
  std::string block;
  int64_t count = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    INGOT_TRY(Encode(block, *schema, rows[i]));
    ++count;
    if (block.size() < kBlockBytes && i + 1 < rows.size()) continue;
    AppendLong(out, count);
    AppendBytes(out, Deflate(block, DeflateFrame::kBare));
    out += sync;
    block.clear();
    count = 0;
  }
  return out;
}

}  // namespace ingot::iceberg
