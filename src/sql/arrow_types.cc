#include "sql/arrow_types.h"

#include <arrow/util/key_value_metadata.h>

#include <vector>

namespace ingot::sql {
namespace {

Result<duckdb_logical_type> StructType(const arrow::DataType& type) {
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  Status outcome;
  for (const auto& field : type.fields()) {
    auto child = ToLogicalType(*field);
    if (!child) {
      outcome = std::unexpected(std::move(child).error());
      break;
    }
    types.push_back(*child);
    names.push_back(field->name().c_str());
  }
  duckdb_logical_type made = outcome ? duckdb_create_struct_type(types.data(), names.data(), types.size()) : nullptr;
  for (auto& child : types) duckdb_destroy_logical_type(&child);
  INGOT_TRY(outcome);
  return made;
}

}  // namespace

Result<duckdb_logical_type> ToLogicalType(const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  const auto simple = [](duckdb_type id) { return duckdb_create_logical_type(id); };
  switch (type.id()) {
    case arrow::Type::NA:
      return simple(DUCKDB_TYPE_SQLNULL);
    case arrow::Type::BOOL:
      return simple(DUCKDB_TYPE_BOOLEAN);
    case arrow::Type::INT32:
      return simple(DUCKDB_TYPE_INTEGER);
    case arrow::Type::INT64:
      return simple(DUCKDB_TYPE_BIGINT);
    case arrow::Type::FLOAT:
      return simple(DUCKDB_TYPE_FLOAT);
    case arrow::Type::DOUBLE:
      return simple(DUCKDB_TYPE_DOUBLE);
    case arrow::Type::DATE32:
      return simple(DUCKDB_TYPE_DATE);
    case arrow::Type::TIME64:
      return simple(DUCKDB_TYPE_TIME);
    case arrow::Type::STRING:
      return simple(DUCKDB_TYPE_VARCHAR);
    case arrow::Type::BINARY:
      return simple(DUCKDB_TYPE_BLOB);
    case arrow::Type::TIMESTAMP: {
      const auto& time = static_cast<const arrow::TimestampType&>(type);
      if (time.unit() == arrow::TimeUnit::NANO) return simple(DUCKDB_TYPE_TIMESTAMP_NS);  // in UTC
      return simple(time.timezone().empty() ? DUCKDB_TYPE_TIMESTAMP : DUCKDB_TYPE_TIMESTAMP_TZ);
    }
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return duckdb_create_decimal_type(uint8_t(decimal.precision()), uint8_t(decimal.scale()));
    }
    case arrow::Type::FIXED_SIZE_BINARY: {
      const bool uuid = field.metadata() && field.metadata()->Get("ARROW:extension:name").ValueOr("") == "arrow.uuid";
      return simple(uuid ? DUCKDB_TYPE_UUID : DUCKDB_TYPE_BLOB);
    }
    case arrow::Type::STRUCT:
      if (type.num_fields() == 0)
        return Fail(ErrorKind::kUnsupported,
                    "column " + field.name() + ": the SQL engine does not support structs without fields");
      return StructType(type);
    case arrow::Type::LIST: {
      INGOT_ASSIGN(duckdb_logical_type element, ToLogicalType(*type.field(0)));
      duckdb_logical_type list = duckdb_create_list_type(element);
      duckdb_destroy_logical_type(&element);
      return list;
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      INGOT_ASSIGN(duckdb_logical_type key, ToLogicalType(*map.key_field()));
      auto value = ToLogicalType(*map.item_field());
      duckdb_logical_type made = value ? duckdb_create_map_type(key, *value) : nullptr;
      duckdb_destroy_logical_type(&key);
      if (!value) return std::unexpected(std::move(value).error());
      duckdb_destroy_logical_type(&*value);
      return made;
    }
    default:
      return Fail(ErrorKind::kUnsupported,
                  "column " + field.name() + ": the SQL engine does not support type " + type.ToString());
  }
}

}  // namespace ingot::sql
