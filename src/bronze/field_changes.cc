#include "bronze/field_changes.h"

#include <algorithm>

#include "bronze/record_text.h"

namespace ingot::bronze {
namespace {

using iceberg::TypeId;
using pipeline::FieldSpec;

/// Whether each existing value of the old field is the value of the new one. A record that fits strictly also fits with
/// `coerce`; whether a value was in quotes is not known.
bool SameValues(const FieldSpec& before, const FieldSpec& after) {
  const bool same_type =
      before.type == after.type || (before.type.id == TypeId::kInt && after.type.id == TypeId::kLong);
  return same_type && before.from == after.from && before.factor == after.factor &&
         before.time_format == after.time_format && before.default_json == after.default_json &&
         before.time_min_micros == after.time_min_micros && before.time_max_micros == after.time_max_micros &&
         before.time_max_after_now_micros == after.time_max_after_now_micros;
}

std::string NameNow(const FieldSpec& before, const std::map<std::string, std::string>& renames,
                    const std::vector<FieldSpec>& after) {
  if (std::ranges::find(after, before.name, &FieldSpec::name) != after.end()) return before.name;
  const auto renamed = renames.find(before.name);
  return renamed == renames.end() ? before.name : renamed->second;
}

}  // namespace

FieldChanges ChangesOf(const std::vector<FieldSpec>& before, const std::vector<FieldSpec>& after,
                       const std::map<std::string, std::string>& renames, const std::vector<FieldSpec>& removed) {
  std::map<std::string, const FieldSpec*> old;  // by current name
  for (const FieldSpec& field : before) old[NameNow(field, renames, after)] = &field;
  FieldChanges changes;
  std::set<std::string, std::less<>> keys;  // top-level members whose meaning changes
  const auto add_keys = [&](const FieldSpec& field) {
    for (const pipeline::Path& path : field.from) keys.insert(path[0].key);
  };
  std::set<std::string> written;  // old names
  for (const FieldSpec& field : after) {
    const auto known = old.find(field.name);
    if (known != old.end() && SameValues(*known->second, field)) continue;
    changes.computed.insert(field.name);
    add_keys(field);
    if (known != old.end()) add_keys(*known->second);
  }
  const auto is_read = [&](const std::string& name) {
    return std::ranges::find(after, name, &FieldSpec::name) != after.end();
  };
  const auto remove = [&](const FieldSpec& field) {
    if (!is_read(field.name)) changes.removed.insert(field.name);
    if (!OwnKey(field).empty()) keys.emplace(OwnKey(field));
  };
  for (const auto& [name, field] : old)
    if (!is_read(name)) remove(*field);
  for (const FieldSpec& field : removed) remove(field);
  // Fields that can take the same member are parsed together, because a member that no field takes goes to _extra.
  std::set<std::string> parsed = changes.computed;
  for (size_t count = 0; count != keys.size();) {
    count = keys.size();
    const auto shares = [&](const FieldSpec& field) {
      return std::ranges::any_of(
          field.from, [&](const pipeline::Path& path) { return path.size() == 1 && keys.contains(path[0].key); });
    };
    for (const FieldSpec& field : after)
      if (shares(field)) parsed.insert(field.name), add_keys(field);
    for (const auto* fields : {&before, &removed})
      for (const FieldSpec& field : *fields)
        if (keys.contains(OwnKey(field))) written.insert(field.name);
  }
  for (const FieldSpec& field : after)
    if (parsed.contains(field.name)) changes.parsed.push_back(field);
  for (const auto* fields : {&before, &removed})
    for (const FieldSpec& field : *fields)
      if (written.contains(field.name)) changes.written.push_back(field);
  return changes;
}

}  // namespace ingot::bronze
