#include "iceberg/arrow_schema.h"

#include <arrow/extension_type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/key_value_metadata.h>

#include <cstring>

#include "base/arrow_result.h"
#include "iceberg/variant.h"

namespace ingot::iceberg {
namespace {

Result<std::shared_ptr<arrow::Field>> ToArrowField(const Field& field) {
  INGOT_ASSIGN(auto type, ToArrowType(field.type));
  std::vector<std::string> keys{"PARQUET:field_id"}, values{std::to_string(field.id)};
  if (field.type.id == TypeId::kUuid) {
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

Result<std::shared_ptr<arrow::DataType>> ToArrowType(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return arrow::boolean();
    case TypeId::kInt:
      return arrow::int32();
    case TypeId::kLong:
      return arrow::int64();
    case TypeId::kFloat:
      return arrow::float32();
    case TypeId::kDouble:
      return arrow::float64();
    case TypeId::kDecimal:
      return arrow::decimal128(type.precision, type.scale);
    case TypeId::kDate:
      return arrow::date32();
    case TypeId::kTime:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamptz:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kTimestampNs:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case TypeId::kTimestamptzNs:
      return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
    case TypeId::kString:
      return arrow::utf8();
    case TypeId::kUuid:
      return arrow::fixed_size_binary(16);
    case TypeId::kFixed:
      return arrow::fixed_size_binary(type.length);
    case TypeId::kBinary:
      return arrow::binary();
    case TypeId::kUnknown:
      return arrow::null();
    case TypeId::kVariant:
      return type.stored ? StoredVariantType() : arrow::utf8();  // JSON
    case TypeId::kStruct: {
      arrow::FieldVector fields;
      for (const Field& field : type.fields) {
        INGOT_ASSIGN(auto child, ToArrowField(field));
        fields.push_back(std::move(child));
      }
      return arrow::struct_(std::move(fields));
    }
    case TypeId::kList: {
      INGOT_ASSIGN(auto element, ToArrowField(type.fields[0]));
      return arrow::list(std::move(element));
    }
    case TypeId::kMap: {
      INGOT_ASSIGN(auto key, ToArrowField(type.fields[0]));
      INGOT_ASSIGN(auto value, ToArrowField(type.fields[1]));
      return std::make_shared<arrow::MapType>(std::move(key), std::move(value));
    }
  }
  return Fail(ErrorKind::kInternal, "a type without an Arrow type");
}

Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema.fields) {
    auto made = ToArrowField(field);
    if (!made) return std::unexpected(std::move(made).error().Context("column " + field.name));
    fields.push_back(std::move(*made));
  }
  return arrow::schema(std::move(fields));
}

FieldId FieldIdOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return -1;
  const auto value = field.metadata()->Get("PARQUET:field_id");
  return value.ok() ? FieldId(std::atoi(value->c_str())) : -1;
}

Result<std::shared_ptr<arrow::Array>> RepeatValue(const Value& value, const Type& type, int64_t length) {
  INGOT_ASSIGN(const auto arrow_type, ToArrowType(type));
  auto* pool = arrow::default_memory_pool();
  switch (value.index()) {
    case 1:
      return Repeat(arrow::BooleanBuilder(pool), std::get<bool>(value), length);
    case 2:
      if (type.id == TypeId::kDate) return Repeat(arrow::Date32Builder(pool), std::get<int32_t>(value), length);
      return Repeat(arrow::Int32Builder(pool), std::get<int32_t>(value), length);
    case 3:
      if (type.id == TypeId::kLong) return Repeat(arrow::Int64Builder(pool), std::get<int64_t>(value), length);
      if (type.id == TypeId::kTime)
        return Repeat(arrow::Time64Builder(arrow_type, pool), std::get<int64_t>(value), length);
      return Repeat(arrow::TimestampBuilder(arrow_type, pool), std::get<int64_t>(value), length);
    case 4:
      return Repeat(arrow::FloatBuilder(pool), std::get<float>(value), length);
    case 5:
      return Repeat(arrow::DoubleBuilder(pool), std::get<double>(value), length);
    case 6:
      if (type.id == TypeId::kString) return Repeat(arrow::StringBuilder(pool), std::get<std::string>(value), length);
      if (type.id == TypeId::kBinary) return Repeat(arrow::BinaryBuilder(pool), std::get<std::string>(value), length);
      return Repeat(arrow::FixedSizeBinaryBuilder(arrow_type, pool), std::get<std::string>(value), length);
    case 7: {
      const __int128 unscaled = std::get<Decimal>(value).unscaled;
      return Repeat(arrow::Decimal128Builder(arrow_type, pool),
                    arrow::Decimal128(int64_t(unscaled >> 64), uint64_t(unscaled)), length);
    }
    default:
      break;
  }
  INGOT_ARROW_ASSIGN(auto nulls, arrow::MakeArrayOfNull(arrow_type, length));
  return nulls;
}

Value CellValue(const arrow::Array& array, int64_t row, const Type& type) {
  if (array.IsNull(row)) return {};
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& numbered = static_cast<const arrow::DictionaryArray&>(array);
    return CellValue(*numbered.dictionary(), numbered.GetValueIndex(row), type);
  }
  switch (type.id) {
    case TypeId::kBoolean:
      return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case TypeId::kInt:
    case TypeId::kDate:
      return static_cast<const arrow::Int32Array&>(array).raw_values()[row];
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
      return static_cast<const arrow::Int64Array&>(array).raw_values()[row];
    case TypeId::kFloat:
      return static_cast<const arrow::FloatArray&>(array).Value(row);
    case TypeId::kDouble:
      return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case TypeId::kString:
    case TypeId::kBinary:
      return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case TypeId::kUuid:
    case TypeId::kFixed:
      return std::string(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case TypeId::kDecimal: {
      const arrow::Decimal128 decimal(static_cast<const arrow::Decimal128Array&>(array).GetValue(row));
      return Decimal{(__int128(decimal.high_bits()) << 64) | __int128(decimal.low_bits())};
    }
    default:
      return {};
  }
}

}  // namespace ingot::iceberg
