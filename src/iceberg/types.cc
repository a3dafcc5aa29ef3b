#include "iceberg/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/enum_count.h"

namespace ingot::iceberg {
namespace {

constexpr std::pair<TypeId, std::string_view> kNames[] = {
    {TypeId::kBoolean, "boolean"},
    {TypeId::kInt, "int"},
    {TypeId::kLong, "long"},
    {TypeId::kFloat, "float"},
    {TypeId::kDouble, "double"},
    {TypeId::kDate, "date"},
    {TypeId::kTime, "time"},
    {TypeId::kTimestamp, "timestamp"},
    {TypeId::kTimestamptz, "timestamptz"},
    {TypeId::kTimestampNs, "timestamp_ns"},
    {TypeId::kTimestamptzNs, "timestamptz_ns"},
    {TypeId::kString, "string"},
    {TypeId::kUuid, "uuid"},
    {TypeId::kBinary, "binary"},
    {TypeId::kUnknown, "unknown"},
    {TypeId::kVariant, "variant"},
};
static_assert(std::size(kNames) + 5 == kEnumCount<TypeId>, "decimal, fixed, struct, list and map have parameters");

/// The integers between `open` and `close`, separated by commas and blanks; empty if the text has another form.
std::vector<int32_t> Parameters(std::string_view text, char open, char close) {
  const auto begin = text.find(open);
  if (begin == std::string_view::npos || !text.ends_with(close)) return {};
  std::vector<int32_t> numbers;
  const char* at = text.data() + begin + 1;
  const char* end = text.data() + text.size() - 1;
  while (at < end) {
    while (at < end && (*at == ' ' || *at == ',')) ++at;
    int32_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    at = next;
    while (at < end && *at == ' ') ++at;
  }
  return numbers;
}

const Field* FindIn(const std::vector<Field>& fields, FieldId id) {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
    if (const Field* found = FindIn(field.type.fields, id)) return found;
  }
  return nullptr;
}

bool NameIn(const std::vector<Field>& fields, FieldId id, std::string& path) {
  for (const Field& field : fields) {
    const size_t length = path.size();
    if (!path.empty()) path += '.';
    path += field.name;
    if (field.id == id || NameIn(field.type.fields, id, path)) return true;
    path.resize(length);
  }
  return false;
}

FieldId HighestIn(const std::vector<Field>& fields) {
  FieldId highest = 0;
  for (const Field& field : fields) highest = std::max({highest, field.id, HighestIn(field.type.fields)});
  return highest;
}

}  // namespace

bool Type::operator==(const Type& other) const {
  return id == other.id && precision == other.precision && scale == other.scale && length == other.length &&
         stored == other.stored && fields == other.fields && this->other == other.other;
}

std::string TypeName(const Type& type) {
  switch (type.id) {
    case TypeId::kDecimal:
      return fmt::format("decimal({}, {})", type.precision, type.scale);
    case TypeId::kFixed:
      return fmt::format("fixed[{}]", type.length);
    case TypeId::kList:
      return "list<" + TypeName(type.fields[0].type) + ">";
    case TypeId::kMap:
      return "map<" + TypeName(type.fields[0].type) + ", " + TypeName(type.fields[1].type) + ">";
    case TypeId::kStruct: {
      std::string text = "struct<";
      for (const Field& field : type.fields) {
        if (text.back() != '<') text += ", ";
        text += fmt::format("{}: {}: {} {}", field.id, field.name, field.required ? "required" : "optional",
                            TypeName(field.type));
      }
      return text + ">";
    }
    case TypeId::kBoolean:
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
      break;
  }
  for (const auto& [id, name] : kNames)
    if (id == type.id) return std::string(name);
  return "?";
}

Result<Type> ParsePrimitiveType(std::string_view name) {
  for (const auto& [id, known] : kNames)
    if (known == name) return Type{.id = id};
  if (name.starts_with("decimal")) {
    const auto numbers = Parameters(name, '(', ')');
    if (numbers.size() == 2 && numbers[0] >= 1 && numbers[0] <= 38 && numbers[1] >= 0 && numbers[1] <= numbers[0])
      return Type{.id = TypeId::kDecimal, .precision = numbers[0], .scale = numbers[1]};
  }
  if (name.starts_with("fixed")) {
    const auto numbers = Parameters(name, '[', ']');
    if (numbers.size() == 1 && numbers[0] >= 0) return Type{.id = TypeId::kFixed, .length = numbers[0]};
  }
  for (const std::string_view spatial : {"geometry", "geography"})
    if (name == spatial || (name.starts_with(spatial) && name[spatial.size()] == '('))
      return Fail(ErrorKind::kUnsupported,
                  fmt::format("columns of type {} (Iceberg format 3) are not supported, nor are tables that have one: "
                              "read the table with another engine, or from a copy without the column",
                              name));
  return Fail(ErrorKind::kCorrupt, "unknown Iceberg type: '" + std::string(name) + "'");
}

bool CanPromote(const Type& from, const Type& to) {
  if (from == to) return true;
  if (from.id == TypeId::kInt && to.id == TypeId::kLong) return true;
  if (from.id == TypeId::kFloat && to.id == TypeId::kDouble) return true;
  return from.id == TypeId::kDecimal && to.id == TypeId::kDecimal && from.scale == to.scale &&
         from.precision <= to.precision;
}

bool CanPromoteOnRead(const Type& from, const Type& to) {
  if (from.id == TypeId::kUnknown) return true;
  if (from.id == TypeId::kDate && (to.id == TypeId::kTimestamp || to.id == TypeId::kTimestampNs)) return true;
  return CanPromote(from, to);
}

const Field* Schema::FindById(FieldId id) const {
  return FindIn(fields, id);
}

const Field* Schema::FindByName(std::string_view name) const {
  const std::vector<Field>* level = &fields;
  while (true) {
    const Field* deeper = nullptr;
    for (const Field& field : *level) {
      if (field.name == name) return &field;
      if (name.size() > field.name.size() && name.starts_with(field.name) && name[field.name.size()] == '.')
        deeper = &field;
    }
    if (deeper == nullptr) return nullptr;
    name.remove_prefix(deeper->name.size() + 1);
    level = &deeper->type.fields;
  }
}

std::string Schema::NameOf(FieldId id) const {
  std::string path;
  NameIn(fields, id, path);
  return path;
}

bool Schema::IsIdentifier(const Field& field) const {
  return std::ranges::find(identifier_field_ids, field.id) != identifier_field_ids.end() ||
         (field.type.id == TypeId::kStruct &&
          std::ranges::any_of(field.type.fields, [&](const Field& child) { return IsIdentifier(child); }));
}

FieldId Schema::HighestFieldId() const {
  return HighestIn(fields);
}

FieldId AssignFreshIds(std::vector<Field>& fields, FieldId last_id) {
  for (Field& field : fields) field.id = ++last_id;
  for (Field& field : fields) last_id = AssignFreshIds(field.type.fields, last_id);
  return last_id;
}

}  // namespace ingot::iceberg
