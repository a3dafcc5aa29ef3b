#include "rows/variant.h"

#include <arrow/api.h>
#include <arrow/extension/parquet_variant.h>
#include <arrow/util/base64.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_text.h"
#include "iceberg/value.h"
#include "rows/variant_format.h"

namespace ingot::rows {
namespace {

using namespace variant;

constexpr int kDepthMax = 128;
constexpr std::string_view kNullVariant("\0", 1);

/// Reads bytes from the beginning; a read beyond the end throws a JsonProblem.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::string_view Take(uint64_t count) {
    if (count > rest_.size()) ThrowJsonProblem("variant: truncated");
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
    ByteReader in(metadata);
    const auto header = uint8_t(in.Number(1));
    if ((header & 0xF) != 1) ThrowJsonProblem("variant: unknown metadata version");
    const size_t width = size_t(header >> 6) + 1;
    const uint64_t count = in.Number(width);
    if (count > metadata.size()) ThrowJsonProblem("variant: more names than bytes");
    std::vector<uint64_t> offsets(size_t(count) + 1);
    for (uint64_t& offset : offsets) offset = in.Number(width);
    for (size_t i = 0; i < count; ++i) names_.push_back(Between(in.rest(), offsets[i], offsets[i + 1]));
  }

  void Append(std::string_view value, std::string& to, int depth = 0) const {
    if (depth > kDepthMax) ThrowJsonProblem("variant: nested too deeply");
    ByteReader in(value);
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
    if (begin > end || end > bytes.size()) ThrowJsonProblem("variant: offset out of range");
    return bytes.substr(size_t(begin), size_t(end - begin));
  }

  void AppendItems(ByteReader& in, size_t offset_width, size_t id_width, bool large, bool named, std::string& to,
                   int depth) const {
    const uint64_t count = in.Number(large ? 4 : 1);
    if (count > in.rest().size()) ThrowJsonProblem("variant: more items than bytes");
    std::vector<uint64_t> ids, offsets;
    for (uint64_t i = 0; named && i < count; ++i) ids.push_back(in.Number(id_width));
    for (uint64_t i = 0; i <= count; ++i) offsets.push_back(in.Number(offset_width));
    to += named ? '{' : '[';
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) to += ',';
      if (named && ids[i] >= names_.size()) ThrowJsonProblem("variant: unknown member name");
      if (named) to += JsonQuote(std::string(names_[size_t(ids[i])])) + ":";
      // Values of an object may be in any order; each has its own length.
      if (offsets[i] > in.rest().size()) ThrowJsonProblem("variant: offset out of range");
      Append(in.rest().substr(size_t(offsets[i])), to, depth + 1);
    }
    to += named ? '}' : ']';
  }

  static void AppendPrimitive(Primitive type, ByteReader& in, std::string& to) {
    const auto text = [&](const std::string& value) { to += JsonQuote(value); };
    const auto timestamp = [&](int64_t at, int64_t per_micro, bool zoned) {
      const int64_t micros = at / per_micro - (at % per_micro < 0);
      std::string formatted = FormatTimestampMicros(micros);
      formatted.pop_back();  // Z
      if (per_micro > 1) formatted += fmt::format("{:03}", at - micros * per_micro);
      text(formatted + (zoned ? "Z" : ""));
    };
    const auto real = [&](auto value) {
      std::string number = fmt::format("{}", value);
      if (!std::isfinite(value)) return text(number);
      if (number.find_first_not_of("-0123456789") == std::string::npos)
        number += ".0";  // to keep it a floating-point number
      to += number;
    };
    const auto decimal = [&](size_t bytes) {
      const int32_t scale = int32_t(in.Number(1));
      const auto held = in.Take(bytes);
      std::string big_endian(held.rbegin(), held.rend());
      to += iceberg::ValueText(iceberg::Decimal{iceberg::DecimalFromBytes(big_endian)},
                               {.id = iceberg::TypeId::kDecimal, .precision = 38, .scale = scale});
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
        return text(iceberg::ValueText(int32_t(in.Signed(4)), {.id = iceberg::TypeId::kDate}));
      case kTime:
        return text(iceberg::ValueText(in.Signed(8), {.id = iceberg::TypeId::kTime}));
      case kTimestamptz:
      case kTimestamp:
        return timestamp(in.Signed(8), 1, type == kTimestamptz);
      case kTimestamptzNs:
      case kTimestampNs:
        return timestamp(in.Signed(8), 1000, type == kTimestamptzNs);
      case kBinary:
        return text(arrow::util::base64_encode(in.Take(in.Number(4))));
      case kText:
        return text(std::string(in.Take(in.Number(4))));
      case kUuid:
        return text(iceberg::ValueText(std::string(in.Take(16)), {.id = iceberg::TypeId::kUuid}));
    }
    ThrowJsonProblem(fmt::format("variant: unknown type {}", int(type)));
  }

  std::vector<std::string_view> names_;
};

arrow::FieldVector FileFields() {
  return {arrow::field("metadata", arrow::binary(), false), arrow::field("value", arrow::binary(), false)};
}

struct VariantColumns {
  std::shared_ptr<arrow::BinaryArray> metadata, value;
  /// A missing value means a variant null.
  std::string_view Value(int64_t row) const { return value->IsValid(row) ? value->GetView(row) : kNullVariant; }
};

Result<VariantColumns> VariantColumnsOf(const arrow::StructArray& variants) {
  const auto metadata = variants.GetFieldByName("metadata"), value = variants.GetFieldByName("value");
  if (variants.GetFieldByName("typed_value") != nullptr)
    return Fail(ErrorKind::kUnsupported, "shredded variants are not supported");
  if (metadata == nullptr || value == nullptr || metadata->type_id() != arrow::Type::BINARY ||
      value->type_id() != arrow::Type::BINARY)
    return Fail(ErrorKind::kCorrupt, "variant column without metadata and value");
  return VariantColumns{std::static_pointer_cast<arrow::BinaryArray>(metadata),
                        std::static_pointer_cast<arrow::BinaryArray>(value)};
}

/// A struct of the two columns with the nulls of `like`.
Result<std::shared_ptr<arrow::Array>> StructOf(std::shared_ptr<arrow::Array> metadata,
                                               std::shared_ptr<arrow::Array> value, const arrow::Array& like) {
  std::shared_ptr<arrow::Buffer> valid;
  if (like.null_count() > 0) {
    INGOT_ARROW_ASSIGN(valid, arrow::AllocateEmptyBitmap(like.length()));
    for (int64_t row = 0; row < like.length(); ++row)
      arrow::bit_util::SetBitTo(valid->mutable_data(), row, like.IsValid(row));
  }
  return std::make_shared<arrow::StructArray>(StoredVariantType(), like.length(),
                                              arrow::ArrayVector{std::move(metadata), std::move(value)}, valid,
                                              like.null_count());
}

void StoreVariants(std::vector<iceberg::Field>& fields) {
  for (iceberg::Field& field : fields) {
    field.type.stored = field.type.id == iceberg::TypeId::kVariant;
    StoreVariants(field.type.fields);
  }
}

}  // namespace

Result<std::string> VariantToJson(std::string_view metadata, std::string_view value) {
  return CatchJsonProblems([&] {
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
  return StructOf(std::move(metadata_column), std::move(value_column), json);
}

Result<std::shared_ptr<arrow::Array>> DecodeVariants(const arrow::StructArray& variants) {
  INGOT_ASSIGN(const auto columns, VariantColumnsOf(variants));
  arrow::StringBuilder json;
  for (int64_t row = 0; row < variants.length(); ++row) {
    if (variants.IsNull(row)) {
      INGOT_ARROW(json.AppendNull());
      continue;
    }
    INGOT_ASSIGN(const std::string text, VariantToJson(columns.metadata->GetView(row), columns.Value(row)));
    INGOT_ARROW(json.Append(text));
  }
  INGOT_ARROW_ASSIGN(auto column, json.Finish());
  return column;
}

Result<std::shared_ptr<arrow::Array>> CopyVariants(const arrow::StructArray& variants) {
  INGOT_ASSIGN(const auto columns, VariantColumnsOf(variants));
  arrow::BinaryBuilder metadata, value;
  for (int64_t row = 0; row < variants.length(); ++row) {
    const bool valid = variants.IsValid(row);
    INGOT_ARROW(metadata.Append(valid ? columns.metadata->GetView(row) : ""));
    INGOT_ARROW(value.Append(valid ? columns.Value(row) : ""));
  }
  INGOT_ARROW_ASSIGN(auto metadata_column, metadata.Finish());
  INGOT_ARROW_ASSIGN(auto value_column, value.Finish());
  return StructOf(std::move(metadata_column), std::move(value_column), variants);
}

iceberg::Schema WithStoredVariants(iceberg::Schema schema) {
  StoreVariants(schema.fields);
  return schema;
}

std::shared_ptr<arrow::DataType> StoredVariantType() {
  return arrow::struct_(FileFields());
}

std::shared_ptr<arrow::DataType> VariantFileType() {
  return arrow::extension::variant(StoredVariantType());
}

}  // namespace ingot::rows
