#include "iceberg/schema_change.h"

#include <algorithm>

namespace ingot::iceberg {
namespace {

std::string_view LastPart(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

Result<Schema> Evolve(Schema schema, FieldId last_column_id, const std::string& parent,
                      const std::vector<Field>& wanted);

Result<Schema> EvolveField(Schema schema, FieldId last_column_id, const std::string& name, const Field& field) {
  const Field* have = schema.FindByName(name);
  SchemaChange change(schema, last_column_id);
  // Identifier fields of other engines stay required: readers reject the table otherwise.
  if (have->required && !field.required && !schema.IsIdentifier(*have)) change.MakeOptional(name);
  if (have->type.IsNested() || field.type.IsNested()) {
    if (have->type.id != field.type.id)
      return Fail(ErrorKind::kBadInput,
                  "column " + name + " is " + TypeName(have->type) + " and cannot become " + TypeName(field.type));
    INGOT_ASSIGN(Schema changed, change.Finish());
    return Evolve(std::move(changed), last_column_id, name + ".", field.type.fields);
  }
  // A column that is already wider keeps its type.
  if (!(have->type == field.type) && !CanPromote(field.type, have->type)) change.Widen(name, field.type);
  return change.Finish();
}

Result<Schema> Evolve(Schema schema, FieldId last_column_id, const std::string& parent,
                      const std::vector<Field>& wanted) {
  for (const Field& field : wanted) {
    const FieldId last = std::max(last_column_id, schema.HighestFieldId());
    if (schema.FindByName(parent + field.name) != nullptr) {
      INGOT_ASSIGN(schema, EvolveField(schema, last, parent + field.name, field));
    } else {
      Field added = field;
      added.required = false;
      INGOT_ASSIGN(
          schema,
          SchemaChange(schema, last).Add(parent.empty() ? "" : parent.substr(0, parent.size() - 1), added).Finish());
    }
  }
  return schema;
}

void KeepRequiredIn(std::vector<Field>& wanted, const std::vector<Field>& current, const std::vector<Schema>& older) {
  for (Field& field : wanted) {
    const auto now = std::ranges::find(current, field.name, &Field::name);
    if (now == current.end()) continue;
    const auto was_optional = [&](const Schema& schema) {
      const Field* then = schema.FindById(now->id);
      return then != nullptr && !then->required;
    };
    if (now->required && std::ranges::any_of(older, was_optional)) field.required = true;
    KeepRequiredIn(field.type.fields, now->type.fields, older);
  }
}

}  // namespace

SchemaChange& SchemaChange::SetError(std::string message) {
  if (outcome_) outcome_ = Fail(ErrorKind::kBadInput, std::move(message));
  return *this;
}

Field* SchemaChange::Find(std::string_view name) {
  return const_cast<Field*>(schema_.FindByName(name));
}

std::vector<Field>* SchemaChange::SiblingsOf(std::string_view name) {
  if (Find(name) == nullptr) return nullptr;
  const auto leaf = LastPart(name);
  if (leaf.size() == name.size()) return &schema_.fields;
  Field* parent = Find(name.substr(0, name.size() - leaf.size() - 1));
  return parent == nullptr ? &schema_.fields : &parent->type.fields;
}

SchemaChange& SchemaChange::Add(std::string_view parent, Field field) {
  std::vector<Field>* siblings = &schema_.fields;
  if (!parent.empty()) {
    Field* owner = Find(parent);
    if (owner == nullptr) return SetError("column does not exist: " + std::string(parent));
    if (owner->type.id == TypeId::kList) owner = &owner->type.fields[0];
    if (owner->type.id == TypeId::kMap) owner = &owner->type.fields[1];
    if (owner->type.id != TypeId::kStruct) return SetError("cannot add a column, not a struct: " + std::string(parent));
    siblings = &owner->type.fields;
  }
  if (std::ranges::find(*siblings, field.name, &Field::name) != siblings->end())
    return SetError("column exists: " + field.name);
  if (field.required) return SetError("cannot add a required column to a table with rows: " + field.name);
  std::vector<Field> added{std::move(field)};
  last_column_id_ = AssignFreshIds(added, last_column_id_);
  siblings->push_back(std::move(added[0]));
  return *this;
}

SchemaChange& SchemaChange::Drop(std::string_view name) {
  const Field* field = Find(name);
  if (field == nullptr) return SetError("column does not exist: " + std::string(name));
  if (schema_.IsIdentifier(*field)) return SetError("cannot drop an identifier column: " + std::string(name));
  const FieldId id = field->id;
  std::erase_if(*SiblingsOf(name), [&](const Field& sibling) { return sibling.id == id; });
  return *this;
}

SchemaChange& SchemaChange::Rename(std::string_view name, std::string new_name) {
  Field* field = Find(name);
  if (field == nullptr) return SetError("column does not exist: " + std::string(name));
  if (std::ranges::find(*SiblingsOf(name), new_name, &Field::name) != SiblingsOf(name)->end())
    return SetError("column exists: " + new_name);
  field->name = std::move(new_name);
  return *this;
}

SchemaChange& SchemaChange::Widen(std::string_view name, const Type& type) {
  Field* field = Find(name);
  if (field == nullptr) return SetError("column does not exist: " + std::string(name));
  if (!CanPromote(field->type, type))
    return SetError("column " + std::string(name) + " is " + TypeName(field->type) + " and cannot become " +
                    TypeName(type));
  field->type = type;
  return *this;
}

SchemaChange& SchemaChange::MakeOptional(std::string_view name) {
  Field* field = Find(name);
  if (field == nullptr) return SetError("column does not exist: " + std::string(name));
  if (schema_.IsIdentifier(*field)) return SetError("cannot make an identifier column optional: " + std::string(name));
  field->required = false;
  return *this;
}

Result<Schema> SchemaChange::Finish() {
  INGOT_TRY(outcome_);
  return schema_;
}

Schema KeepRequired(Schema wanted, const Schema& current, const std::vector<Schema>& older) {
  KeepRequiredIn(wanted.fields, current.fields, older);
  return wanted;
}

Result<Schema> EvolveTowards(const Schema& current, FieldId last_column_id, const Schema& wanted) {
  return Evolve(current, last_column_id, "", wanted.fields);
}

}  // namespace ingot::iceberg
