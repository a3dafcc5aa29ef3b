#include "rows/arrow_project.h"

#include <arrow/extension_type.h>

#include "base/arrow_result.h"
#include "base/json.h"
#include "rows/arrow_convert.h"
#include "rows/arrow_schema.h"
#include "rows/variant.h"

namespace ingot::rows {
namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;

/// The column's "initial-default" (specification, "Default values"; JSON of Appendix D).
Result<iceberg::Value> DefaultValue(const iceberg::Field& field) {
  return ParseJsonWith(field.initial_default, [&](const Json& json) -> iceberg::Value {
    if (json.is_null()) return {};
    if (field.type.IsNested())
      throw JsonProblem{ErrorKind::kUnsupported, "column " + field.name + ": nested default values are not supported"};
    std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    if (field.type.id == iceberg::TypeId::kBinary || field.type.id == iceberg::TypeId::kFixed) {
      std::string bytes;
      for (size_t i = 0; i + 1 < text.size(); i += 2) bytes += char(std::stoi(text.substr(i, 2), nullptr, 16));
      return bytes;
    }
    auto value = iceberg::ParseValue(text, field.type);
    if (!value) ThrowJsonProblem("default of column " + field.name + ": " + value.error().message);
    return std::move(*value);
  });
}

/// The type without encodings, like the arrays that Decoded() returns.
const arrow::DataType& ShapeOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::EXTENSION:
      return ShapeOf(*static_cast<const arrow::ExtensionType&>(type).storage_type());
    case arrow::Type::DICTIONARY:
      return ShapeOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::RUN_END_ENCODED:
      return ShapeOf(*static_cast<const arrow::RunEndEncodedType&>(type).value_type());
    default:
      return type;
  }
}

class Projector {
 public:
  explicit Projector(const ProjectOptions& options) : options_(options) {}

  Result<ArrayPointer> Project(const ArrayPointer& stored, const arrow::DataType& stored_as, const iceberg::Field& to) {
    path_.push_back(&to.name);
    INGOT_ASSIGN(const auto array, Named(Decoded(stored)));
    const arrow::DataType& from = ShapeOf(stored_as);
    // A column of type null has no nested fields.
    const bool nested = to.type.IsNested() && array->type_id() != arrow::Type::NA;
    auto projected = nested ? ProjectNested(array, from, to.type)
                     : to.type.id == iceberg::TypeId::kVariant && array->type_id() == arrow::Type::STRUCT
                         ? Named(ProjectVariant(array, to.type))
                         : Named(ConvertValues(array, to.type));
    path_.pop_back();
    return projected;
  }

 private:
  /// Adds the full name of the column to an error.
  template <typename T>
  Result<T> Named(Result<T> result) const {
    if (result) return result;
    std::string name;
    for (const std::string* part : path_) name += (name.empty() ? "" : ".") + *part;
    return std::unexpected(std::move(result).error().Context("column " + name));
  }

  Result<ArrayPointer> ProjectNested(const ArrayPointer& array, const arrow::DataType& from, const iceberg::Type& to) {
    if (to.id == iceberg::TypeId::kStruct) return ProjectStruct(array, from, to);
    if (to.id == iceberg::TypeId::kMap) return ProjectMap(array, from, to);
    if (array->type_id() == arrow::Type::MAP) return Mismatch(*array, to);
    const auto list = AsList(array);
    if (!list) return Mismatch(*array, to, list.error().message);
    if (from.num_fields() != 1) return Mismatch(*array, to);
    INGOT_ASSIGN(auto values, Project((*list)->values(), *from.field(0)->type(), to.fields[0]));
    INGOT_ASSIGN(auto type, ToArrowType(to));
    return std::make_shared<arrow::ListArray>(type, (*list)->length(), (*list)->value_offsets(), values,
                                              (*list)->null_bitmap(), (*list)->null_count(), (*list)->offset());
  }

  Result<ArrayPointer> ProjectStruct(const ArrayPointer& array, const arrow::DataType& from, const iceberg::Type& to) {
    if (array->type_id() != arrow::Type::STRUCT) return Mismatch(*array, to);
    INGOT_ASSIGN(const auto record, Named(WithoutOffset(array)));
    arrow::ArrayVector children;
    for (const iceberg::Field& wanted : to.fields) {
      const int at = FindMember(from, wanted);
      if (at >= 0) {
        INGOT_ASSIGN(children.emplace_back(), Project(record->field(at), *from.field(at)->type(), wanted));
        continue;
      }
      const iceberg::Value* constant = nullptr;
      if (options_.constants != nullptr)
        if (const auto known = options_.constants->find(wanted.id); known != options_.constants->end())
          constant = &known->second;
      INGOT_ASSIGN(children.emplace_back(), Named(MissingColumn(wanted, constant, record->length())));
    }
    INGOT_ASSIGN(auto type, ToArrowType(to));
    return std::make_shared<arrow::StructArray>(type, record->length(), std::move(children), record->null_bitmap(),
                                                record->null_count());
  }

  int FindMember(const arrow::DataType& from, const iceberg::Field& wanted) const {
    for (int i = 0; i < from.num_fields(); ++i)
      if (options_.by_name ? from.field(i)->name() == wanted.name : FieldIdOf(*from.field(i)) == wanted.id) return i;
    return -1;
  }

  /// Also accepts lists of key-value structs, which some formats use for maps.
  Result<ArrayPointer> ProjectMap(const ArrayPointer& array, const arrow::DataType& from, const iceberg::Type& to) {
    auto map = AsList(array);
    if (!map) return Mismatch(*array, to, map.error().message);
    if (from.num_fields() != 1) return Mismatch(*array, to);
    INGOT_ASSIGN(auto pairs, Named(Decoded((*map)->values())));
    const arrow::DataType& pair = ShapeOf(*from.field(0)->type());
    if (pairs->type_id() != arrow::Type::STRUCT || pairs->num_fields() != 2 || pair.num_fields() != 2)
      return Mismatch(*array, to);
    INGOT_ASSIGN(auto entries, Named(WithoutOffset(pairs)));
    if (entries->field(0)->null_count() > 0) {
      INGOT_ASSIGN(map, Named(WithoutUnusedValues(**map)));
      INGOT_ASSIGN(pairs, Named(Decoded((*map)->values())));
      INGOT_ASSIGN(entries, Named(WithoutOffset(pairs)));
    }
    INGOT_ASSIGN(auto keys, Project(entries->field(0), *pair.field(0)->type(), to.fields[0]));
    INGOT_ASSIGN(auto values, Project(entries->field(1), *pair.field(1)->type(), to.fields[1]));
    if (keys->null_count() > 0) return Mismatch(*array, to, "a key is null");
    INGOT_ASSIGN(auto type, ToArrowType(to));
    return std::make_shared<arrow::MapArray>(type, (*map)->length(), (*map)->value_offsets(), keys, values,
                                             (*map)->null_bitmap(), (*map)->null_count(), (*map)->offset());
  }

  Result<ArrayPointer> ProjectVariant(const ArrayPointer& array, const iceberg::Type& to) const {
    INGOT_ASSIGN(const auto record, WithoutOffset(array));
    return to.stored ? CopyVariants(*record) : DecodeVariants(*record);
  }

  std::unexpected<Error> Mismatch(const arrow::Array& array, const iceberg::Type& to,
                                  const std::string& reason = "") const {
    Result<ArrayPointer> misfit =
        Fail(ErrorKind::kCorrupt, array.type()->ToString() + " does not fit " + iceberg::TypeName(to) +
                                      (reason.empty() ? "" : " (" + reason + ")"));
    return std::unexpected(Named(std::move(misfit)).error());
  }

  const ProjectOptions& options_;
  std::vector<const std::string*> path_;
};

}  // namespace

Result<ArrayPointer> MissingColumn(const iceberg::Field& field, const iceberg::Value* constant, int64_t length) {
  if (constant != nullptr) return RepeatValue(*constant, field.type, length);
  if (!field.initial_default.empty()) {
    INGOT_ASSIGN(const iceberg::Value value, DefaultValue(field));
    return RepeatValue(value, field.type, length);
  }
  if (field.required) return Fail(ErrorKind::kCorrupt, "file without the required column " + field.name);
  return RepeatValue({}, field.type, length);
}

std::shared_ptr<arrow::Schema> WithTypesOf(const arrow::ArrayVector& columns, const arrow::Schema& schema) {
  arrow::FieldVector fields = schema.fields();
  for (size_t i = 0; i < fields.size(); ++i)
    if (IsDictionaryOf(*columns[i], *fields[i]->type())) fields[i] = fields[i]->WithType(columns[i]->type());
  return arrow::schema(std::move(fields));
}

Result<ArrayPointer> ProjectArray(const ArrayPointer& array, const arrow::Field& from, const iceberg::Field& to,
                                  const ProjectOptions& options) {
  const bool text = to.type.id == iceberg::TypeId::kString || to.type.id == iceberg::TypeId::kBinary;
  if (options.keep_dictionaries && text &&
      IsDictionaryOf(*array, to.type.id == iceberg::TypeId::kString ? *arrow::utf8() : *arrow::binary()))
    return array;
  return Projector(options).Project(array, *from.type(), to);
}

}  // namespace ingot::rows
