#include "avro/columns.h"

#include <arrow/util/decimal.h>

#include <algorithm>
#include <limits>

#include "base/uuid.h"

namespace ingot::avro {
namespace {

constexpr int kDepthMax = 64;
constexpr int kDecimalBytesMax = 16, kDecimalDigitsMax = 38;

arrow::Status Damaged(const char* what) {
  return arrow::Status::Invalid("damaged Avro file: ", what);
}

std::shared_ptr<arrow::DataType> TimestampOf(const AvroSchema& schema) {
  const std::string& name = schema.logical_type;
  const bool local = name.starts_with("local-");
  const auto unit = name.ends_with("timestamp-millis")   ? arrow::TimeUnit::MILLI
                    : name.ends_with("timestamp-micros") ? arrow::TimeUnit::MICRO
                                                         : arrow::TimeUnit::NANO;
  return local || schema.adjust_to_utc == false ? arrow::timestamp(unit) : arrow::timestamp(unit, "UTC");
}

std::shared_ptr<arrow::DataType> LongType(const AvroSchema& schema) {
  const std::string& name = schema.logical_type;
  if (name == "time-micros") return arrow::time64(arrow::TimeUnit::MICRO);
  for (const char* unit : {"timestamp-millis", "timestamp-micros", "timestamp-nanos"})
    if (name == unit || name == std::string("local-") + unit) return TimestampOf(schema);
  return arrow::int64();
}

bool IsDecimal(const AvroSchema& schema) {
  return schema.logical_type == "decimal" && schema.precision > 0 && schema.precision <= kDecimalDigitsMax;
}

Result<std::shared_ptr<arrow::DataType>> TypeOf(const AvroSchema& schema, int depth);

/// A union of null and one type becomes that type: Arrow fields are nullable.
Result<std::shared_ptr<arrow::DataType>> UnionType(const AvroSchema& schema, int depth) {
  const AvroSchema* type = nullptr;
  for (const auto& branch : schema.members) {
    if (branch.schema->kind == AvroKind::kNull) continue;
    if (type != nullptr) return Fail(ErrorKind::kUnsupported, "Avro union of several types");
    type = branch.schema.get();
  }
  return type == nullptr ? arrow::null() : TypeOf(*type, depth + 1);
}

Result<std::shared_ptr<arrow::Field>> ChildField(const AvroSchema::Member& member, const std::string& name, int depth) {
  INGOT_ASSIGN(const auto type, TypeOf(*member.schema, depth + 1));
  return FieldWithId(name, type, member.field_id);
}

Result<std::shared_ptr<arrow::DataType>> NestedType(const AvroSchema& schema, int depth) {
  if (schema.kind == AvroKind::kRecord) {
    arrow::FieldVector fields;
    for (const auto& member : schema.members) {
      INGOT_ASSIGN(auto field, ChildField(member, member.name, depth));
      fields.push_back(std::move(field));
    }
    return arrow::struct_(std::move(fields));
  }
  const AvroSchema& item = *schema.members[0].schema;
  if (schema.kind == AvroKind::kMap) {
    INGOT_ASSIGN(auto value, ChildField(schema.members[0], "value", depth));
    return std::make_shared<arrow::MapType>(FieldWithId("key", arrow::utf8(), schema.key_id)->WithNullable(false),
                                            std::move(value));
  }
  if (schema.logical_type == "map" && item.kind == AvroKind::kRecord && item.members.size() == 2) {
    INGOT_ASSIGN(auto key, ChildField(item.members[0], "key", depth));
    INGOT_ASSIGN(auto value, ChildField(item.members[1], "value", depth));
    return std::make_shared<arrow::MapType>(key->WithNullable(false), std::move(value));
  }
  INGOT_ASSIGN(auto element, ChildField(schema.members[0], "element", depth));
  return arrow::list(std::move(element));
}

Result<std::shared_ptr<arrow::DataType>> TypeOf(const AvroSchema& schema, int depth) {
  if (depth > kDepthMax) return Fail(ErrorKind::kUnsupported, "recursive Avro type");
  switch (schema.kind) {
    case AvroKind::kNull:
      return arrow::null();
    case AvroKind::kBoolean:
      return arrow::boolean();
    case AvroKind::kInt:
      if (schema.logical_type == "date") return arrow::date32();
      return schema.logical_type == "time-millis" ? arrow::time32(arrow::TimeUnit::MILLI) : arrow::int32();
    case AvroKind::kLong:
      return LongType(schema);
    case AvroKind::kFloat:
      return arrow::float32();
    case AvroKind::kDouble:
      return arrow::float64();
    case AvroKind::kBytes:
      return IsDecimal(schema) ? arrow::decimal128(schema.precision, schema.scale) : arrow::binary();
    case AvroKind::kString:
      return schema.logical_type == "uuid" ? arrow::fixed_size_binary(int(kUuidBytes)) : arrow::utf8();
    case AvroKind::kEnum:
      return arrow::utf8();
    case AvroKind::kFixed:
      return IsDecimal(schema) ? arrow::decimal128(schema.precision, schema.scale)
                               : arrow::fixed_size_binary(schema.fixed_bytes);
    case AvroKind::kUnion:
      return UnionType(schema, depth);
    case AvroKind::kRecord:
    case AvroKind::kArray:
    case AvroKind::kMap:
      return NestedType(schema, depth);
  }
  return Fail(ErrorKind::kInternal, "Avro type has no Arrow type");
}

arrow::Status AppendInt(int64_t value, arrow::ArrayBuilder& to) {
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max())
    return Damaged("an int exceeds 32 bits");
  if (to.type()->id() == arrow::Type::DATE32) return static_cast<arrow::Date32Builder&>(to).Append(int32_t(value));
  if (to.type()->id() == arrow::Type::TIME32) return static_cast<arrow::Time32Builder&>(to).Append(int32_t(value));
  return static_cast<arrow::Int32Builder&>(to).Append(int32_t(value));
}

arrow::Status AppendLong(int64_t value, arrow::ArrayBuilder& to) {
  if (to.type()->id() == arrow::Type::TIMESTAMP) return static_cast<arrow::TimestampBuilder&>(to).Append(value);
  if (to.type()->id() == arrow::Type::TIME64) return static_cast<arrow::Time64Builder&>(to).Append(value);
  return static_cast<arrow::Int64Builder&>(to).Append(value);
}

arrow::Status AppendBytes(std::string_view bytes, arrow::ArrayBuilder& to) {
  switch (to.type()->id()) {
    case arrow::Type::DECIMAL128: {
      if (bytes.empty() || bytes.size() > kDecimalBytesMax) return Damaged("a decimal has no bytes, or too many");
      ARROW_ASSIGN_OR_RAISE(
          const auto value,
          arrow::Decimal128::FromBigEndian(reinterpret_cast<const uint8_t*>(bytes.data()), int32_t(bytes.size())));
      if (!value.FitsInPrecision(static_cast<const arrow::Decimal128Type&>(*to.type()).precision()))
        return Damaged("a decimal has too many digits");
      return static_cast<arrow::Decimal128Builder&>(to).Append(value);
    }
    case arrow::Type::FIXED_SIZE_BINARY:
      return static_cast<arrow::FixedSizeBinaryBuilder&>(to).Append(bytes);
    case arrow::Type::STRING:
      return static_cast<arrow::StringBuilder&>(to).Append(bytes);
    default:
      return static_cast<arrow::BinaryBuilder&>(to).Append(bytes);
  }
}

arrow::Status AppendText(const AvroSchema& schema, std::string_view text, arrow::ArrayBuilder& to) {
  if (schema.logical_type != "uuid") return AppendBytes(text, to);
  uint8_t uuid[kUuidBytes];
  if (!ParseUuid(text, uuid)) return Damaged("invalid UUID");
  return AppendBytes({reinterpret_cast<const char*>(uuid), kUuidBytes}, to);
}

arrow::Status AppendList(const AvroSchema& schema, AvroReader& in, arrow::ArrayBuilder& to) {
  const AvroSchema& item = *schema.members[0].schema;
  if (to.type()->id() == arrow::Type::LIST) {
    auto& list = static_cast<arrow::ListBuilder&>(to);
    ARROW_RETURN_NOT_OK(list.Append());
    while (const int64_t count = in.Items())
      for (int64_t i = 0; i < count && !in.failed; ++i)
        ARROW_RETURN_NOT_OK(AppendAvroValue(item, in, *list.value_builder()));
    return arrow::Status::OK();
  }
  static const AvroSchema text{.kind = AvroKind::kString};
  const bool pairs = schema.kind == AvroKind::kArray;
  auto& map = static_cast<arrow::MapBuilder&>(to);
  ARROW_RETURN_NOT_OK(map.Append());
  while (const int64_t count = in.Items())
    for (int64_t i = 0; i < count && !in.failed; ++i) {
      ARROW_RETURN_NOT_OK(AppendAvroValue(pairs ? *item.members[0].schema : text, in, *map.key_builder()));
      ARROW_RETURN_NOT_OK(AppendAvroValue(pairs ? *item.members[1].schema : item, in, *map.item_builder()));
    }
  return arrow::Status::OK();
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> ArrowTypeOf(const AvroSchema& schema) {
  return TypeOf(schema, 0);
}

std::shared_ptr<arrow::Field> FieldWithId(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                          int id) {
  auto field = arrow::field(name, type);
  if (id < 0) return field;
  return field->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

arrow::Status AppendAvroValue(const AvroSchema& schema, AvroReader& in, arrow::ArrayBuilder& to) {
  switch (schema.kind) {
    case AvroKind::kNull:
      return to.AppendNull();
    case AvroKind::kUnion:
      return AppendAvroValue(in.Branch(schema), in, to);
    case AvroKind::kBoolean:
      return static_cast<arrow::BooleanBuilder&>(to).Append(in.Take(1) == std::string_view("\1", 1));
    case AvroKind::kInt:
      return AppendInt(in.Long(), to);
    case AvroKind::kLong:
      return AppendLong(in.Long(), to);
    case AvroKind::kFloat:
      return static_cast<arrow::FloatBuilder&>(to).Append(in.Raw<float>());
    case AvroKind::kDouble:
      return static_cast<arrow::DoubleBuilder&>(to).Append(in.Raw<double>());
    case AvroKind::kBytes:
    case AvroKind::kString: {
      const auto bytes = in.Bytes();
      return in.failed ? to.AppendNull() : AppendText(schema, bytes, to);
    }
    case AvroKind::kFixed: {
      const auto bytes = in.Take(schema.fixed_bytes);
      return in.failed ? to.AppendNull() : AppendBytes(bytes, to);
    }
    case AvroKind::kEnum: {
      const int64_t symbol = in.Long();
      if (symbol < 0 || symbol >= int64_t(schema.symbols.size())) return Damaged("enum symbol out of range");
      return AppendBytes(schema.symbols[size_t(symbol)], to);
    }
    case AvroKind::kRecord: {
      auto& record = static_cast<arrow::StructBuilder&>(to);
      ARROW_RETURN_NOT_OK(record.Append());
      for (size_t i = 0; i < schema.members.size(); ++i)
        ARROW_RETURN_NOT_OK(AppendAvroValue(*schema.members[i].schema, in, *record.field_builder(int(i))));
      return arrow::Status::OK();
    }
    case AvroKind::kArray:
    case AvroKind::kMap:
      return AppendList(schema, in, to);
  }
  return Damaged("unknown type");
}

}  // namespace ingot::avro
