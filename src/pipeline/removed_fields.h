// Fields that the pipeline file no longer has. Bronze keeps their columns, and remembers how it read them: a field that
// is added later may need their values, or take their name. Source: docs/formats/definition.md.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ingot::pipeline {

/// The removed fields after a change of bronze's definition, as JSON: how each was read, by name.
/// Input:  `removed`: those before the change, or empty; `renames`: the new name of a field by its old name.
/// Output: empty if there are none, or if the definitions are not those of bronze.
std::string RemovedFields(const std::string& removed, const std::string& have, const std::string& want,
                          const std::map<std::string, std::string>& renames);

/// Why existing rows would differ, although no record has any of `members` in _extra: the column of a removed field has
/// one of them, or it has the name of the added field and other values. Empty if they would not.
/// Input: `want`: the definition of bronze; `added`: the name of the added field, or empty if one gets a path;
///        `columns`: those of bronze.
std::string RemovedFieldDiffers(const std::string& removed, const std::string& want, const std::string& added,
                                const std::vector<std::string>& members, const std::vector<std::string>& columns);

}  // namespace ingot::pipeline
