#include <arrow/compute/api.h>
#include <arrow/extension_type.h>

#include <mutex>

#include "base/arrow_result.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/json.h"
#include "iceberg/variant.h"

namespace ingot::iceberg {
namespace {

std::shared_ptr<arrow::Field> WithId(const arrow::Field& field, FieldId id) {
  return field.WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

/// The mapping that `name` belongs to, nullptr when the file's column is not part of the table.
const Json* MappingOf(const Json& mappings, const std::string& name) {
  for (const Json& mapping : mappings)
    for (const Json& known : ArrayOrEmpty(mapping, "names"))
      if (known == name) return &mapping;
  return nullptr;
}

std::shared_ptr<arrow::Field> MapField(const std::shared_ptr<arrow::Field>& field, const Json& mappings) {
  const Json* mapping = MappingOf(mappings, field->name());
  if (mapping == nullptr) return field;
  auto type = field->type();
  const Json inner = ArrayOrEmpty(*mapping, "fields");
  if (type->id() == arrow::Type::STRUCT) {
    arrow::FieldVector children;
    for (const auto& child : type->fields()) children.push_back(MapField(child, inner));
    type = arrow::struct_(std::move(children));
  } else if (type->id() == arrow::Type::LIST) {
    auto element = type->field(0)->WithName("element");
    type = arrow::list(MapField(element, inner));
  } else if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*type);
    type = std::make_shared<arrow::MapType>(MapField(map.key_field()->WithName("key"), inner),
                                            MapField(map.item_field()->WithName("value"), inner));
  }
  auto mapped = field->WithType(type);
  const auto id = Maybe<int32_t>(*mapping, "field-id");
  return id ? WithId(*mapped, *id) : mapped;
}

Result<std::shared_ptr<arrow::Array>> ProjectStruct(const arrow::StructArray& array, const arrow::DataType& from,
                                                    const Field& to) {
  arrow::ArrayVector children;
  INGOT_ASSIGN(const auto type, ToArrowType(to.type));
  for (const Field& wanted : to.type.fields) {
    std::shared_ptr<arrow::Array> child;
    for (int i = 0; i < from.num_fields() && child == nullptr; ++i)
      if (FieldIdOf(*from.field(i)) == wanted.id) {
        INGOT_ASSIGN(child, ProjectArray(array.field(i), *from.field(i), wanted));
      }
    if (child == nullptr) {
      INGOT_ASSIGN(child, MissingColumn(wanted, {}, array.length()));
    }
    children.push_back(std::move(child));
  }
  return std::make_shared<arrow::StructArray>(type, array.length(), std::move(children), array.null_bitmap(),
                                              array.null_count(), array.offset());
}

/// field() of a struct slices its children by the offset already, so the parent must not carry one.
std::shared_ptr<arrow::StructArray> WithoutOffset(const std::shared_ptr<arrow::Array>& array) {
  if (array->offset() == 0) return std::static_pointer_cast<arrow::StructArray>(array);
  return std::static_pointer_cast<arrow::StructArray>(arrow::Concatenate({array}).ValueOrDie());
}

Result<std::shared_ptr<arrow::Array>> CastTo(const std::shared_ptr<arrow::Array>& array,
                                             const std::shared_ptr<arrow::DataType>& type, const Field& to) {
  INGOT_TRY(InitializeKernels());
  auto cast = arrow::compute::Cast(*array, type);
  if (!cast.ok())
    return Fail(ErrorKind::kCorrupt, "column " + to.name + " of a file is " + array->type()->ToString() +
                                         " and does not fit " + TypeName(to.type));
  return *cast;
}

/// The "initial-default" of a column (specification, "Default values"; JSON single-value form, Appendix D).
Result<Value> DefaultValue(const Field& field) {
  return Parsing(field.initial_default, [&](const Json& json) -> Value {
    if (json.is_null()) return {};
    if (field.type.IsNested())
      throw JsonProblem{ErrorKind::kUnsupported, "column " + field.name + " has a nested default"};
    std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    if (field.type.id == TypeId::kBinary || field.type.id == TypeId::kFixed) {
      std::string bytes;
      for (size_t i = 0; i + 1 < text.size(); i += 2) bytes += char(std::stoi(text.substr(i, 2), nullptr, 16));
      return bytes;
    }
    auto value = ParseValue(text, field.type);
    if (!value) Refuse("default of column " + field.name + ": " + value.error().message);
    return std::move(*value);
  });
}

bool IsDictionaryOf(const arrow::DataType& type, const arrow::DataType& text) {
  return type.id() == arrow::Type::DICTIONARY &&
         static_cast<const arrow::DictionaryType&>(type).value_type()->Equals(text);
}

bool MayCast(const arrow::DataType& from, const Type& to) {
  using Arrow = arrow::Type;
  switch (to.id) {
    case TypeId::kInt:
      return from.id() == Arrow::INT8 || from.id() == Arrow::INT16 || from.id() == Arrow::UINT8 ||
             from.id() == Arrow::UINT16;
    case TypeId::kLong:
      return arrow::is_integer(from.id());
    case TypeId::kDouble:
      return from.id() == Arrow::FLOAT;
    case TypeId::kDecimal:
      return arrow::is_decimal(from.id());
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
      return from.id() == Arrow::TIMESTAMP;
    case TypeId::kString:
      return from.id() == Arrow::LARGE_STRING || from.id() == Arrow::BINARY || from.id() == Arrow::DICTIONARY;
    case TypeId::kBinary:
      return from.id() == Arrow::LARGE_BINARY || from.id() == Arrow::STRING || from.id() == Arrow::FIXED_SIZE_BINARY;
    case TypeId::kTime:
      return from.id() == Arrow::TIME64 || from.id() == Arrow::TIME32;
    default:
      return false;
  }
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> AssignFieldIds(const arrow::Schema& file_schema,
                                                      const std::string& mapping_json) {
  arrow::FieldVector fields;
  if (mapping_json.empty()) {
    for (int i = 0; i < file_schema.num_fields(); ++i) fields.push_back(WithId(*file_schema.field(i), i + 1));
    return arrow::schema(std::move(fields));
  }
  return Parsing(mapping_json, [&](const Json& mappings) {
    for (const auto& field : file_schema.fields()) fields.push_back(MapField(field, mappings));
    return arrow::schema(std::move(fields));
  });
}

Result<std::shared_ptr<arrow::Array>> MissingColumn(const Field& field, const Value& constant, int64_t length) {
  if (!IsNull(constant)) return RepeatValue(constant, field.type, length);
  if (!field.initial_default.empty()) {
    INGOT_ASSIGN(const Value value, DefaultValue(field));
    return RepeatValue(value, field.type, length);
  }
  if (field.required) return Fail(ErrorKind::kCorrupt, "a file lacks the required column " + field.name);
  return RepeatValue({}, field.type, length);
}

std::shared_ptr<arrow::Schema> WithTypesOf(const arrow::ArrayVector& columns, const arrow::Schema& schema) {
  arrow::FieldVector fields = schema.fields();
  for (size_t i = 0; i < fields.size(); ++i)
    if (IsDictionaryOf(*columns[i]->type(), *fields[i]->type())) fields[i] = fields[i]->WithType(columns[i]->type());
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::Array>> ProjectArray(const std::shared_ptr<arrow::Array>& array, const arrow::Field& from,
                                                   const Field& to) {
  if (array->type_id() == arrow::Type::EXTENSION)
    return ProjectArray(static_cast<const arrow::ExtensionArray&>(*array).storage(), *from.WithType(array->type()), to);
  if (to.type.id == TypeId::kVariant && array->type_id() == arrow::Type::STRUCT)
    return WithContext(DecodeVariants(*WithoutOffset(array)), "column " + to.name);
  if (to.type.id == TypeId::kStruct && array->type_id() == arrow::Type::STRUCT)
    return ProjectStruct(*WithoutOffset(array), *from.type(), to);
  if (to.type.id == TypeId::kList && array->type_id() == arrow::Type::LIST) {
    const auto& list = static_cast<const arrow::ListArray&>(*array);
    INGOT_ASSIGN(auto values, ProjectArray(list.values(), *from.type()->field(0), to.type.fields[0]));
    INGOT_ASSIGN(auto type, ToArrowType(to.type));
    return std::make_shared<arrow::ListArray>(type, list.length(), list.value_offsets(), values, list.null_bitmap(),
                                              list.null_count(), list.offset());
  }
  if (to.type.id == TypeId::kMap && array->type_id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapArray&>(*array);
    const auto& map_type = static_cast<const arrow::MapType&>(*from.type());
    INGOT_ASSIGN(auto keys, ProjectArray(map.keys(), *map_type.key_field(), to.type.fields[0]));
    INGOT_ASSIGN(auto items, ProjectArray(map.items(), *map_type.item_field(), to.type.fields[1]));
    INGOT_ASSIGN(auto type, ToArrowType(to.type));
    return std::make_shared<arrow::MapArray>(type, map.length(), map.value_offsets(), keys, items, map.null_bitmap(),
                                             map.null_count(), map.offset());
  }
  INGOT_ASSIGN(const auto type, ToArrowType(to.type));
  if (array->type()->Equals(type) || IsDictionaryOf(*array->type(), *type)) return array;
  if (!MayCast(*array->type(), to.type))
    return Fail(ErrorKind::kCorrupt, "column " + to.name + " of a file is " + array->type()->ToString() +
                                         " and does not fit " + TypeName(to.type));
  return CastTo(array, type, to);
}

}  // namespace ingot::iceberg
