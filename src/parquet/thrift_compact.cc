#include "parquet/thrift_compact.h"

#include <algorithm>

namespace ingot::parquet_format {
namespace {

constexpr int kDepthMax = 32;

std::unexpected<Error> Damaged() {
  return Fail(ErrorKind::kCorrupt, "Parquet footer is not a valid Thrift structure");
}

class ThriftReader {
 public:
  explicit ThriftReader(std::string_view bytes) : bytes_(bytes) {}

  Status Struct(ThriftValue& value, int depth) {
    if (depth > kDepthMax) return Damaged();
    int16_t id = 0;
    while (true) {
      uint8_t header = 0;
      INGOT_TRY(Byte(header));
      if (header == 0) return {};
      if (header >> 4) {
        id = int16_t(id + (header >> 4));
      } else {
        uint64_t raw = 0;
        INGOT_TRY(Varint(raw));
        id = int16_t(Unzigzag(raw));
      }
      value.fields.push_back({id, {.type = ThriftType(header & 15), .bytes = {}, .items = {}, .fields = {}}});
      INGOT_TRY(Value(value.fields.back().value, depth, false));
    }
  }

 private:
  static int64_t Unzigzag(uint64_t raw) { return int64_t(raw >> 1) ^ -int64_t(raw & 1); }

  Status Byte(uint8_t& byte) {
    if (at_ >= bytes_.size()) return Damaged();
    byte = uint8_t(bytes_[at_++]);
    return {};
  }

  Status Varint(uint64_t& number) {
    number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t byte = 0;
      INGOT_TRY(Byte(byte));
      number |= uint64_t(byte & 127) << shift;
      if (byte < 128) return {};
    }
    return Damaged();
  }

  Status Bytes(std::string& to, uint64_t count) {
    if (count > bytes_.size() - at_) return Damaged();
    to = bytes_.substr(at_, count);
    at_ += count;
    return {};
  }

  Status Value(ThriftValue& value, int depth, bool in_list) {
    uint64_t raw = 0;
    switch (value.type) {
      case ThriftType::kTrue:
      case ThriftType::kFalse: {
        if (!in_list) return {};  // the header says which
        uint8_t byte = 0;
        INGOT_TRY(Byte(byte));
        value.type = byte == 1 ? ThriftType::kTrue : ThriftType::kFalse;
        return {};
      }
      case ThriftType::kByte: {
        uint8_t byte = 0;
        INGOT_TRY(Byte(byte));
        value.number = int8_t(byte);
        return {};
      }
      case ThriftType::kI16:
      case ThriftType::kI32:
      case ThriftType::kI64:
        INGOT_TRY(Varint(raw));
        value.number = Unzigzag(raw);
        return {};
      case ThriftType::kDouble:
        return Bytes(value.bytes, 8);
      case ThriftType::kBinary:
        INGOT_TRY(Varint(raw));
        return Bytes(value.bytes, raw);
      case ThriftType::kList:
      case ThriftType::kSet:
        return List(value, depth);
      case ThriftType::kStruct:
        return Struct(value, depth + 1);
      case ThriftType::kMap:
        return Fail(ErrorKind::kUnsupported, "Parquet footer contains a Thrift map");
    }
    return Damaged();
  }

  Status List(ThriftValue& value, int depth) {
    if (depth > kDepthMax) return Damaged();
    uint8_t header = 0;
    INGOT_TRY(Byte(header));
    uint64_t count = header >> 4;
    if (count == 15) INGOT_TRY(Varint(count));
    if (count > bytes_.size() - at_) return Damaged();  // an item takes at least one byte
    value.item_type = ThriftType(header & 15);
    for (uint64_t i = 0; i < count; ++i) {
      value.items.push_back({.type = value.item_type, .bytes = {}, .items = {}, .fields = {}});
      INGOT_TRY(Value(value.items.back(), depth + 1, true));
    }
    return {};
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

class ThriftWriter {
 public:
  std::string out;

  void Struct(const ThriftValue& value) {
    int16_t before = 0;
    for (const auto& [id, field] : value.fields) {
      const int delta = id - before;
      if (delta > 0 && delta < 16) {
        out += char(delta << 4 | int(field.type));
      } else {
        out += char(field.type);
        Varint(Zigzag(id));
      }
      before = id;
      Value(field, false);
    }
    out += '\0';
  }

 private:
  static uint64_t Zigzag(int64_t number) { return (uint64_t(number) << 1) ^ uint64_t(number >> 63); }

  void Varint(uint64_t number) {
    for (; number >= 128; number >>= 7) out += char(number | 128);
    out += char(number);
  }

  void Value(const ThriftValue& value, bool in_list) {
    switch (value.type) {
      case ThriftType::kTrue:
      case ThriftType::kFalse:
        if (in_list) out += char(value.type);
        return;
      case ThriftType::kByte:
        out += char(value.number);
        return;
      case ThriftType::kI16:
      case ThriftType::kI32:
      case ThriftType::kI64:
        return Varint(Zigzag(value.number));
      case ThriftType::kBinary:
        Varint(value.bytes.size());
        out += value.bytes;
        return;
      case ThriftType::kDouble:
        out += value.bytes;
        return;
      case ThriftType::kStruct:
        return Struct(value);
      case ThriftType::kList:
      case ThriftType::kSet:
      case ThriftType::kMap: {
        const size_t count = value.items.size();
        out += char(std::min<size_t>(count, 15) << 4 | size_t(value.item_type));
        if (count >= 15) Varint(count);
        for (const ThriftValue& item : value.items) Value(item, true);
      }
    }
  }
};

}  // namespace

ThriftValue* ThriftValue::Find(int16_t field) {
  const auto found = std::ranges::find(fields, field, &ThriftField::id);
  return found == fields.end() ? nullptr : &found->value;
}

const ThriftValue* ThriftValue::Find(int16_t field) const {
  return const_cast<ThriftValue*>(this)->Find(field);
}

Result<ThriftValue> ReadThrift(std::string_view bytes) {
  ThriftValue value;
  INGOT_TRY(ThriftReader(bytes).Struct(value, 0));
  return value;
}

std::string WriteThrift(const ThriftValue& value) {
  ThriftWriter writer;
  writer.Struct(value);
  return std::move(writer.out);
}

}  // namespace ingot::parquet_format
