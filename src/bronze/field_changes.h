// What a change of bronze's definition means for each field of an existing row.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

struct FieldChanges {
  std::set<std::string> computed;            // fields whose values change: new and changed ones
  std::set<std::string> removed;             // old fields that have no successor, by old name
  std::vector<pipeline::FieldSpec> parsed;   // the computed fields, and those that can take a member that these read
  std::vector<pipeline::FieldSpec> written;  // of the old fields: those whose values belong to these members

  /// Whether every row without an error stays as it is.
  bool Empty() const { return parsed.empty() && written.empty(); }
};

/// Compares how records were read with how they are read now.
/// Input: `before` and `after` without computed fields; `renames`: new name by old name. `before` has the old names.
///        `removed`: fields that earlier changes removed, whose columns still hold their members.
FieldChanges ChangesOf(const std::vector<pipeline::FieldSpec>& before, const std::vector<pipeline::FieldSpec>& after,
                       const std::map<std::string, std::string>& renames,
                       const std::vector<pipeline::FieldSpec>& removed = {});

}  // namespace ingot::bronze
