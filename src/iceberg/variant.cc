#include "iceberg/variant.h"

#include <arrow/api.h>
#include <arrow/extension/parquet_variant.h>
#include <arrow/util/base64.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/json_text.h"
#include "iceberg/json.h"
#include "iceberg/value.h"

namespace ingot::iceberg {
namespace {

enum Basic : uint8_t { kPrimitive, kShortText, kObject, kArray };
// Of primitives, in the order of the encoding's type ids.
enum Primitive : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kDouble,
  kDecimal4,
  kDecimal8,
  kDecimal16,
  kDate,
  kTimestamptz,
  kTimestamp,
  kFloat,
  kBinary,
  kText,
  kTime,
  kTimestamptzNs,
  kTimestampNs,
  kUuid
};
constexpr int kDepthMax = 128;
constexpr size_t kShortTextMax = 63;

void AppendNumber(uint64_t value, size_t bytes, std::string& to) {
  for (size_t i = 0; i < bytes; ++i) to += char(value >> (8 * i));
}

size_t BytesFor(uint64_t value) {
  size_t bytes = 1;
  while (bytes < 4 && value >> (8 * bytes) != 0) ++bytes;
  return bytes;
}

void CollectNames(const Json& json, std::set<std::string>& names) {
  for (const auto& [name, member] : json.items()) {
    if (json.is_object()) names.insert(name);
    if (member.is_structured()) CollectNames(member, names);
  }
}

class Encoder {
 public:
  explicit Encoder(const Json& json) {
    if (!json.is_structured()) return;
    std::set<std::string> names;
    CollectNames(json, names);
    names_.assign(names.begin(), names.end());
  }

  std::string Metadata() const {
    size_t total = 0;
    for (const std::string& name : names_) total += name.size();
    const size_t width = BytesFor(std::max(total, names_.size()));
    std::string out(1, char(1 | 1 << 4 | (width - 1) << 6));  // version 1, sorted
    AppendNumber(names_.size(), width, out);
    size_t offset = 0;
    AppendNumber(0, width, out);
    for (const std::string& name : names_) AppendNumber(offset += name.size(), width, out);
    for (const std::string& name : names_) out += name;
    return out;
  }

  std::string Value(const Json& json) const {
    switch (json.type()) {
      case Json::value_t::object:
        return Object(json);
      case Json::value_t::array: {
        std::vector<std::string> items;
        for (const Json& item : json) items.push_back(Value(item));
        return Joined(kArray, {}, items);
      }
      case Json::value_t::string:
        return Text(json.get_ref<const std::string&>());
      case Json::value_t::boolean:
        return Header(json.get<bool>() ? kTrue : kFalse);
      case Json::value_t::number_integer:
        return Integer(json.get<int64_t>());
      case Json::value_t::number_unsigned:
        if (json.get<uint64_t>() <= uint64_t(INT64_MAX)) return Integer(json.get<int64_t>());
        [[fallthrough]];
      case Json::value_t::number_float: {
        const double number = json.get<double>();
        uint64_t bits;
        std::memcpy(&bits, &number, sizeof bits);
        std::string out = Header(kDouble);
        AppendNumber(bits, 8, out);
        return out;
      }
      default:
        return Header(kNull);
    }
  }

 private:
  static std::string Header(Primitive type) { return std::string(1, char(type << 2 | kPrimitive)); }

  static std::string Integer(int64_t value) {
    const auto fits = [&](int bits) {
      return value >= -(int64_t(1) << (bits - 1)) && value < int64_t(1) << (bits - 1);
    };
    const auto [type, bytes] = fits(8)    ? std::pair(kInt8, 1)
                               : fits(16) ? std::pair(kInt16, 2)
                               : fits(32) ? std::pair(kInt32, 4)
                                          : std::pair(kInt64, 8);
    std::string out = Header(type);
    AppendNumber(uint64_t(value), size_t(bytes), out);
    return out;
  }

  static std::string Text(const std::string& text) {
    if (text.size() <= kShortTextMax) return std::string(1, char(text.size() << 2 | kShortText)) + text;
    std::string out = Header(kText);
    AppendNumber(text.size(), 4, out);
    return out + text;
  }

  /// Members stand in the order of their names, as the JSON library keeps them.
  std::string Object(const Json& json) const {
    std::vector<uint64_t> ids;
    std::vector<std::string> values;
    for (const auto& [name, member] : json.items()) {
      ids.push_back(uint64_t(std::ranges::lower_bound(names_, name) - names_.begin()));
      values.push_back(Value(member));
    }
    return Joined(kObject, ids, values);
  }

  static std::string Joined(Basic type, const std::vector<uint64_t>& ids, const std::vector<std::string>& values) {
    size_t total = 0;
    for (const std::string& value : values) total += value.size();
    const size_t offset_width = BytesFor(total), id_width = ids.empty() ? 1 : BytesFor(*std::ranges::max_element(ids));
    const bool large = values.size() > 255;
    const size_t header = type == kObject ? (offset_width - 1) | (id_width - 1) << 2 | size_t(large) << 4
                                          : (offset_width - 1) | size_t(large) << 2;
    std::string out(1, char(header << 2 | type));
    AppendNumber(values.size(), large ? 4 : 1, out);
    for (const uint64_t id : ids) AppendNumber(id, id_width, out);
    size_t offset = 0;
    AppendNumber(0, offset_width, out);
    for (const std::string& value : values) AppendNumber(offset += value.size(), offset_width, out);
    for (const std::string& value : values) out += value;
    return out;
  }

  std::vector<std::string> names_;
};

/// Bytes from their begin on; a read past the end is a JsonProblem.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  std::string_view Take(uint64_t count) {
    if (count > rest_.size()) Refuse("variant: it is cut short");
    const auto taken = rest_.substr(0, size_t(count));
    rest_.remove_prefix(size_t(count));
    return taken;
  }
  uint64_t Number(size_t bytes) {
    uint64_t value = 0;
    const auto taken = Take(bytes);
    for (size_t i = 0; i < bytes; ++i) value |= uint64_t(uint8_t(taken[i])) << (8 * i);
    return value;
  }
  int64_t Signed(size_t bytes) {
    const uint64_t value = Number(bytes);
    const size_t unused = 64 - 8 * bytes;
    return int64_t(value << unused) >> unused;
  }
  template <typename T>
  T Raw() {
    T value;
    std::memcpy(&value, Take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view metadata) {
    Bytes in(metadata);
    const auto header = uint8_t(in.Number(1));
    if ((header & 0xF) != 1) Refuse("variant: metadata of an unknown version");
    const size_t width = size_t(header >> 6) + 1;
    const uint64_t count = in.Number(width);
    if (count > metadata.size()) Refuse("variant: more names than bytes");
    std::vector<uint64_t> offsets(size_t(count) + 1);
    for (uint64_t& offset : offsets) offset = in.Number(width);
    for (size_t i = 0; i < count; ++i) names_.push_back(Between(in.rest(), offsets[i], offsets[i + 1]));
  }

  void Append(std::string_view value, std::string& to, int depth = 0) const {
    if (depth > kDepthMax) Refuse("variant: nested too deeply");
    Bytes in(value);
    const auto first = uint8_t(in.Number(1));
    const uint8_t header = first >> 2;
    switch (Basic(first & 3)) {
      case kPrimitive:
        return AppendPrimitive(Primitive(header), in, to);
      case kShortText:
        to += JsonQuote(std::string(in.Take(header)));
        return;
      case kObject:
        return AppendItems(in, (header & 3) + 1, size_t(header >> 2 & 3) + 1, (header >> 4 & 1) != 0, true, to, depth);
      case kArray:
        return AppendItems(in, (header & 3) + 1, 0, (header >> 2 & 1) != 0, false, to, depth);
    }
  }

 private:
  static std::string_view Between(std::string_view bytes, uint64_t begin, uint64_t end) {
    if (begin > end || end > bytes.size()) Refuse("variant: an offset lies outside");
    return bytes.substr(size_t(begin), size_t(end - begin));
  }

  void AppendItems(Bytes& in, size_t offset_width, size_t id_width, bool large, bool named, std::string& to,
                   int depth) const {
    const uint64_t count = in.Number(large ? 4 : 1);
    if (count > in.rest().size()) Refuse("variant: more items than bytes");
    std::vector<uint64_t> ids, offsets;
    for (uint64_t i = 0; named && i < count; ++i) ids.push_back(in.Number(id_width));
    for (uint64_t i = 0; i <= count; ++i) offsets.push_back(in.Number(offset_width));
    to += named ? '{' : '[';
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) to += ',';
      if (named && ids[i] >= names_.size()) Refuse("variant: a member without a name");
      if (named) to += JsonQuote(std::string(names_[size_t(ids[i])])) + ":";
      // Values of an object may stand in any order: each tells its own end.
      if (offsets[i] > in.rest().size()) Refuse("variant: an offset lies outside");
      Append(in.rest().substr(size_t(offsets[i])), to, depth + 1);
    }
    to += named ? '}' : ']';
  }

  static void AppendPrimitive(Primitive type, Bytes& in, std::string& to) {
    const auto text = [&](const std::string& value) { to += JsonQuote(value); };
    const auto moment = [&](int64_t at, int64_t per_micro, bool zoned) {
      const int64_t micros = at / per_micro - (at % per_micro < 0);
      std::string told = FormatTimestampMicros(micros);
      told.pop_back();  // Z
      if (per_micro > 1) told += fmt::format("{:03}", at - micros * per_micro);
      text(told + (zoned ? "Z" : ""));
    };
    const auto real = [&](double value) {
      std::isfinite(value) ? void(to += fmt::format("{}", value)) : text(fmt::format("{}", value));
    };
    const auto decimal = [&](size_t bytes) {
      const int32_t scale = int32_t(in.Number(1));
      const auto held = in.Take(bytes);
      std::string big_endian(held.rbegin(), held.rend());
      to += ValueText(Decimal{DecimalFromBytes(big_endian)}, {.id = TypeId::kDecimal, .precision = 38, .scale = scale});
    };
    switch (type) {
      case kNull:
        to += "null";
        return;
      case kTrue:
      case kFalse:
        to += type == kTrue ? "true" : "false";
        return;
      case kInt8:
      case kInt16:
      case kInt32:
      case kInt64:
        to += std::to_string(in.Signed(size_t(1) << (type - kInt8)));
        return;
      case kDouble:
        return real(in.Raw<double>());
      case kFloat:
        return real(in.Raw<float>());
      case kDecimal4:
      case kDecimal8:
      case kDecimal16:
        return decimal(size_t(4) << (type - kDecimal4));
      case kDate:
        return text(ValueText(int32_t(in.Signed(4)), {.id = TypeId::kDate}));
      case kTime:
        return text(ValueText(in.Signed(8), {.id = TypeId::kTime}));
      case kTimestamptz:
      case kTimestamp:
        return moment(in.Signed(8), 1, type == kTimestamptz);
      case kTimestamptzNs:
      case kTimestampNs:
        return moment(in.Signed(8), 1000, type == kTimestamptzNs);
      case kBinary:
        return text(arrow::util::base64_encode(in.Take(in.Number(4))));
      case kText:
        return text(std::string(in.Take(in.Number(4))));
      case kUuid:
        return text(ValueText(std::string(in.Take(16)), {.id = TypeId::kUuid}));
    }
    Refuse(fmt::format("variant: unknown type {}", int(type)));
  }

  std::vector<std::string_view> names_;
};

arrow::FieldVector FileFields() {
  return {arrow::field("metadata", arrow::binary(), false), arrow::field("value", arrow::binary(), false)};
}

}  // namespace

Result<VariantBytes> VariantFromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Fail(ErrorKind::kBadInput, "variant: not JSON");
  const Encoder encoder(json);
  return VariantBytes{encoder.Metadata(), encoder.Value(json)};
}

Result<std::string> VariantToJson(std::string_view metadata, std::string_view value) {
  return Guarded([&] {
    std::string json;
    Decoder(metadata).Append(value, json);
    return json;
  });
}

Result<std::shared_ptr<arrow::Array>> EncodeVariants(const arrow::StringArray& json) {
  arrow::BinaryBuilder metadata, value;
  for (int64_t row = 0; row < json.length(); ++row) {
    VariantBytes bytes;
    if (json.IsValid(row)) {
      INGOT_ASSIGN(bytes, VariantFromJson(json.GetView(row)));
    }
    INGOT_ARROW(metadata.Append(bytes.metadata));
    INGOT_ARROW(value.Append(bytes.value));
  }
  INGOT_ARROW_ASSIGN(auto metadata_column, metadata.Finish());
  INGOT_ARROW_ASSIGN(auto value_column, value.Finish());
  std::shared_ptr<arrow::Buffer> valid;
  if (json.null_count() > 0) {
    INGOT_ARROW_ASSIGN(valid, arrow::AllocateEmptyBitmap(json.length()));
    for (int64_t row = 0; row < json.length(); ++row)
      arrow::bit_util::SetBitTo(valid->mutable_data(), row, json.IsValid(row));
  }
  return std::make_shared<arrow::StructArray>(arrow::struct_(FileFields()), json.length(),
                                              arrow::ArrayVector{metadata_column, value_column}, valid,
                                              json.null_count());
}

Result<std::shared_ptr<arrow::Array>> DecodeVariants(const arrow::StructArray& variants) {
  const auto metadata = variants.GetFieldByName("metadata"), value = variants.GetFieldByName("value");
  if (variants.GetFieldByName("typed_value") != nullptr)
    return Fail(ErrorKind::kUnsupported, "variants that are shredded into columns cannot be read");
  if (metadata == nullptr || value == nullptr || metadata->type_id() != arrow::Type::BINARY ||
      value->type_id() != arrow::Type::BINARY)
    return Fail(ErrorKind::kCorrupt, "a variant column without metadata and value");
  arrow::StringBuilder json;
  for (int64_t row = 0; row < variants.length(); ++row) {
    if (variants.IsNull(row)) {
      INGOT_ARROW(json.AppendNull());
      continue;
    }
    INGOT_ASSIGN(const std::string text, VariantToJson(static_cast<const arrow::BinaryArray&>(*metadata).GetView(row),
                                                       static_cast<const arrow::BinaryArray&>(*value).GetView(row)));
    INGOT_ARROW(json.Append(text));
  }
  INGOT_ARROW_ASSIGN(auto column, json.Finish());
  return column;
}

std::shared_ptr<arrow::DataType> VariantFileType() {
  return arrow::extension::variant(arrow::struct_(FileFields()));
}

}  // namespace ingot::iceberg
