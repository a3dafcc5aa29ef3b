#include "rows/name_mapping.h"

#include <algorithm>

#include "base/json.h"
#include "iceberg/metadata_columns.h"
#include "rows/arrow_schema.h"

namespace ingot::rows {
namespace {

constexpr const char* kNameMapping = "schema.name-mapping.default";

std::shared_ptr<arrow::Field> WithId(const arrow::Field& field, iceberg::FieldId id) {
  return field.WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

/// The mapping of a field by its id, or by its name if it has none; nullptr if there is none.
const Json* MappingOf(const Json& mappings, const arrow::Field& field) {
  const iceberg::FieldId id = FieldIdOf(field);
  for (const Json& mapping : mappings) {
    if (id >= 0 && OptionalMember<int32_t>(mapping, "field-id") == id) return &mapping;
    for (const Json& known : ArrayOrEmpty(mapping, "names"))
      if (id < 0 && known == field.name()) return &mapping;
  }
  return nullptr;
}

std::shared_ptr<arrow::Field> MapField(const std::shared_ptr<arrow::Field>& field, const Json& mappings,
                                       const PartitionConstants& constants) {
  const Json* mapping = MappingOf(mappings, *field);
  if (mapping == nullptr) return field;
  auto type = field->type();
  const Json inner = ArrayOrEmpty(*mapping, "fields");
  const auto mapped_child = [&](const std::shared_ptr<arrow::Field>& child) {
    return MapField(child, inner, constants);
  };
  if (type->id() == arrow::Type::STRUCT) {
    arrow::FieldVector children;
    for (const auto& child : type->fields()) children.push_back(mapped_child(child));
    type = arrow::struct_(std::move(children));
  } else if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*type);
    type = std::make_shared<arrow::MapType>(mapped_child(map.key_field()->WithName("key")),
                                            mapped_child(map.item_field()->WithName("value")));
  } else if (type->num_fields() == 1) {  // lists of any kind
    type = arrow::list(mapped_child(type->field(0)->WithName("element")));
  }
  auto mapped = field->WithType(type);
  const auto id = OptionalMember<int32_t>(*mapping, "field-id");
  return FieldIdOf(*field) < 0 && id && !constants.contains(*id) ? WithId(*mapped, *id) : mapped;
}

/// Whether the members of structs have ids. Other nested fields are identified by position.
bool MembersHaveIds(const arrow::DataType& type, bool members) {
  return std::ranges::all_of(type.fields(), [&](const auto& field) {
    if (members && FieldIdOf(*field) < 0) return false;
    // The entries of a map are key-value structs.
    return MembersHaveIds(*field->type(), field->type()->id() == arrow::Type::STRUCT && type.id() != arrow::Type::MAP);
  });
}

class Checker {
 public:
  Checker(const iceberg::TableMetadata& metadata, const PartitionConstants& constants)
      : metadata_(metadata), constants_(constants), mapped_(!metadata.Property(kNameMapping, "").empty()) {}

  Status Check(const arrow::FieldVector& held, const std::vector<iceberg::Field>& wanted,
               const std::string& path) const {
    if (held.empty()) return {};
    const bool any_known = std::ranges::any_of(held, [](const auto& field) { return FieldIdOf(*field) >= 0; });
    for (const iceberg::Field& field : wanted) {
      const std::string name = path.empty() ? field.name : path + "." + field.name;
      const auto found = std::ranges::find_if(held, [&](const auto& one) { return FieldIdOf(*one) == field.id; });
      if (found != held.end()) {
        INGOT_TRY(CheckNested(**found, field, name));
        continue;
      }
      if (constants_.contains(field.id) || IsMetadataColumn(field.id)) continue;
      if (!any_known || (!mapped_ && std::ranges::any_of(held, [&](const auto& one) { return MayBe(*one, field); })))
        return Unidentified(name);
    }
    return {};
  }

 private:
  static bool IsMetadataColumn(iceberg::FieldId id) {
    return id == iceberg::kRowPosition || id == iceberg::kRowId || id == iceberg::kLastUpdatedSequenceNumber;
  }

  Status CheckNested(const arrow::Field& held, const iceberg::Field& wanted, const std::string& path) const {
    const auto& fields = held.type()->fields();
    if (wanted.type.id == iceberg::TypeId::kStruct && held.type()->id() == arrow::Type::STRUCT)
      return Check(fields, wanted.type.fields, path);
    if (wanted.type.id == iceberg::TypeId::kList && fields.size() == 1)
      return CheckNested(*fields[0], wanted.type.fields[0], path + ".element");
    if (wanted.type.id == iceberg::TypeId::kMap && fields.size() == 1 && fields[0]->type()->num_fields() == 2)
      for (const int part : {0, 1})
        INGOT_TRY(CheckNested(*fields[0]->type()->field(part), wanted.type.fields[size_t(part)],
                              path + (part == 0 ? ".key" : ".value")));
    return {};
  }

  /// Whether the column has no id and a current or former name of the field.
  bool MayBe(const arrow::Field& held, const iceberg::Field& wanted) const {
    if (FieldIdOf(held) >= 0) return false;
    return held.name() == wanted.name || std::ranges::any_of(metadata_.schemas, [&](const iceberg::Schema& schema) {
             const iceberg::Field* then = schema.FindById(wanted.id);
             return then != nullptr && then->name == held.name();
           });
  }

  Status Unidentified(const std::string& name) const {
    return Fail(ErrorKind::kUnsupported,
                "column " + name + " cannot be identified: the file has columns without field ids, and " +
                    (mapped_ ? "the table property " + std::string(kNameMapping) + " does not name them"
                             : "the table has no property " + std::string(kNameMapping)) +
                    ". Set the property to the column names of the file. If they are those of the table, set it to " +
                    NameMappingOf(metadata_.CurrentSchema()));
  }

  const iceberg::TableMetadata& metadata_;
  const PartitionConstants& constants_;
  const bool mapped_;
};

Json MappingJson(const std::vector<iceberg::Field>& fields) {
  Json mappings = Json::array();
  for (const iceberg::Field& field : fields) {
    Json mapping = {{"field-id", field.id}, {"names", {field.name}}};
    if (field.type.IsNested()) mapping["fields"] = MappingJson(field.type.fields);
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

}  // namespace

bool HasFieldIds(const arrow::Schema& file_schema) {
  return MembersHaveIds(*arrow::struct_(file_schema.fields()), true);
}

Result<std::shared_ptr<arrow::Schema>> AssignFieldIds(const arrow::Schema& file_schema, const std::string& mapping_json,
                                                      const PartitionConstants& constants) {
  if (mapping_json.empty()) return arrow::schema(file_schema.fields());
  arrow::FieldVector fields;
  return WithContext(ParseJsonWith(mapping_json,
                                   [&](const Json& mappings) {
                                     for (const auto& field : file_schema.fields())
                                       fields.push_back(MapField(field, mappings, constants));
                                     return arrow::schema(std::move(fields));
                                   }),
                     std::string("table property ") + kNameMapping);
}

Status CheckFieldIds(const arrow::Schema& file_schema, const iceberg::Schema& wanted,
                     const iceberg::TableMetadata& metadata, const PartitionConstants& constants) {
  return Checker(metadata, constants).Check(file_schema.fields(), wanted.fields, "");
}

std::string NameMappingOf(const iceberg::Schema& schema) {
  return MappingJson(schema.fields).dump();
}

}  // namespace ingot::rows
