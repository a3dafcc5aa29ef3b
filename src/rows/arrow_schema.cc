#include "rows/arrow_schema.h"

#include <arrow/extension_type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/key_value_metadata.h>

#include <cstring>

#include "base/arrow_result.h"
#include "rows/variant.h"

namespace ingot::rows {
namespace {

Result<std::shared_ptr<arrow::Field>> ToArrowField(const iceberg::Field& field) {
  INGOT_ASSIGN(auto type, ToArrowType(field.type));
  std::vector<std::string> keys{"PARQUET:field_id"}, values{std::to_string(field.id)};
  if (field.type.id == iceberg::TypeId::kUuid) {
    keys.insert(keys.end(), {"ARROW:extension:name", "ARROW:extension:metadata"});
    values.insert(values.end(), {"arrow.uuid", ""});
  }
  return arrow::field(field.name, type, !field.required, arrow::key_value_metadata(std::move(keys), std::move(values)));
}

template <typename Builder, typename T>
Result<std::shared_ptr<arrow::Array>> Repeat(Builder builder, const T& value, int64_t length) {
  INGOT_ARROW(builder.Reserve(length));
  for (int64_t i = 0; i < length; ++i) INGOT_ARROW(builder.Append(value));
  INGOT_ARROW_ASSIGN(auto array, builder.Finish());
  return array;
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> ToArrowType(const iceberg::Type& type) {
  switch (type.id) {
    case iceberg::TypeId::kBoolean:
      return arrow::boolean();
    case iceberg::TypeId::kInt:
      return arrow::int32();
    case iceberg::TypeId::kLong:
      return arrow::int64();
    case iceberg::TypeId::kFloat:
      return arrow::float32();
    case iceberg::TypeId::kDouble:
      return arrow::float64();
    case iceberg::TypeId::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case iceberg::TypeId::kDate:
      return arrow::date32();
    case iceberg::TypeId::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case iceberg::TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case iceberg::TypeId::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case iceberg::TypeId::kTimestampNs:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case iceberg::TypeId::kTimestamptzNs:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case iceberg::TypeId::kString:
      return arrow::utf8();
    case iceberg::TypeId::kUuid:
      return arrow::fixed_size_binary(16);
    case iceberg::TypeId::kFixed:
      return arrow::fixed_size_binary(type.length);
    case iceberg::TypeId::kBinary:
      return arrow::binary();
    case iceberg::TypeId::kUnknown:
      return arrow::null();
    case iceberg::TypeId::kVariant:
      return type.stored ? StoredVariantType() : arrow::utf8();  // JSON
    case iceberg::TypeId::kStruct: {
      arrow::FieldVector fields;
      for (const iceberg::Field& field : type.fields) {
        INGOT_ASSIGN(auto child, ToArrowField(field));
        fields.push_back(std::move(child));
      }
      return arrow::struct_(std::move(fields));
    }
    case iceberg::TypeId::kList: {
      INGOT_ASSIGN(auto element, ToArrowField(type.fields[0]));
      return arrow::list(std::move(element));
    }
    case iceberg::TypeId::kMap: {
      INGOT_ASSIGN(auto key, ToArrowField(type.fields[0]));
      INGOT_ASSIGN(auto value, ToArrowField(type.fields[1]));
      return std::make_shared<arrow::MapType>(std::move(key), std::move(value));
    }
  }
  return Fail(ErrorKind::kInternal, "Iceberg type without an Arrow type");
}

Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const iceberg::Schema& schema) {
  arrow::FieldVector fields;
  for (const iceberg::Field& field : schema.fields) {
    auto made = ToArrowField(field);
    if (!made) return std::unexpected(std::move(made).error().Context("column " + field.name));
    fields.push_back(std::move(*made));
  }
  return arrow::schema(std::move(fields));
}

iceberg::FieldId FieldIdOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return -1;
  const auto value = field.metadata()->Get("PARQUET:field_id");
  return value.ok() ? iceberg::FieldId(std::atoi(value->c_str())) : -1;
}

Result<std::shared_ptr<arrow::Array>> RepeatValue(const iceberg::Value& value, const iceberg::Type& type,
                                                  int64_t length) {
  INGOT_ASSIGN(const auto arrow_type, ToArrowType(type));
  auto* pool = arrow::default_memory_pool();
  static_assert(std::variant_size_v<iceberg::Value> == 8);
  switch (value.index()) {
    case 1:
      return Repeat(arrow::BooleanBuilder(pool), std::get<bool>(value), length);
    case 2:
      if (type.id == iceberg::TypeId::kDate)
        return Repeat(arrow::Date32Builder(pool), std::get<int32_t>(value), length);
      return Repeat(arrow::Int32Builder(pool), std::get<int32_t>(value), length);
    case 3:
      if (type.id == iceberg::TypeId::kLong) return Repeat(arrow::Int64Builder(pool), std::get<int64_t>(value), length);
      if (type.id == iceberg::TypeId::kTime)
        return Repeat(arrow::Time64Builder(arrow_type, pool), std::get<int64_t>(value), length);
      return Repeat(arrow::TimestampBuilder(arrow_type, pool), std::get<int64_t>(value), length);
    case 4:
      return Repeat(arrow::FloatBuilder(pool), std::get<float>(value), length);
    case 5:
      return Repeat(arrow::DoubleBuilder(pool), std::get<double>(value), length);
    case 6:
      if (type.id == iceberg::TypeId::kString)
        return Repeat(arrow::StringBuilder(pool), std::get<std::string>(value), length);
      if (type.id == iceberg::TypeId::kBinary)
        return Repeat(arrow::BinaryBuilder(pool), std::get<std::string>(value), length);
      return Repeat(arrow::FixedSizeBinaryBuilder(arrow_type, pool), std::get<std::string>(value), length);
    case 7: {
      const __int128 unscaled = std::get<iceberg::Decimal>(value).unscaled;
      return Repeat(arrow::Decimal128Builder(arrow_type, pool),
                    arrow::Decimal128(int64_t(unscaled >> 64), uint64_t(unscaled)), length);
    }
    default:
      break;
  }
  INGOT_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(arrow_type, length));
  return nulls;
}

iceberg::Value CellValue(const arrow::Array& array, int64_t row, const iceberg::Type& type) {
  if (array.IsNull(row)) return {};
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& numbered = static_cast<const arrow::DictionaryArray&>(array);
    return CellValue(*numbered.dictionary(), numbered.GetValueIndex(row), type);
  }
  switch (type.id) {
    case iceberg::TypeId::kBoolean:
      return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case iceberg::TypeId::kInt:
    case iceberg::TypeId::kDate:
      return static_cast<const arrow::Int32Array&>(array).raw_values()[row];
    case iceberg::TypeId::kLong:
    case iceberg::TypeId::kTime:
    case iceberg::TypeId::kTimestamp:
    case iceberg::TypeId::kTimestamptz:
    case iceberg::TypeId::kTimestampNs:
    case iceberg::TypeId::kTimestamptzNs:
      return static_cast<const arrow::Int64Array&>(array).raw_values()[row];
    case iceberg::TypeId::kFloat:
      return static_cast<const arrow::FloatArray&>(array).Value(row);
    case iceberg::TypeId::kDouble:
      return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case iceberg::TypeId::kString:
    case iceberg::TypeId::kBinary:
      return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case iceberg::TypeId::kUuid:
    case iceberg::TypeId::kFixed:
      return std::string(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case iceberg::TypeId::kDecimal: {
      const arrow::Decimal128 decimal(static_cast<const arrow::Decimal128Array&>(array).GetValue(row));
      return iceberg::Decimal{(__int128(decimal.high_bits()) << 64) | __int128(decimal.low_bits())};
    }
    case iceberg::TypeId::kUnknown:
    case iceberg::TypeId::kVariant:
    case iceberg::TypeId::kStruct:
    case iceberg::TypeId::kList:
    case iceberg::TypeId::kMap:
      break;
  }
  return {};
}

}  // namespace ingot::rows
