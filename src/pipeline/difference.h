// The differences between the definition that a table has and the one that the pipeline file asks for, and what each
// means for existing rows. Pure: it looks at no table. Source: docs/formats/definition.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/tables.h"

namespace ingot::pipeline {

enum class ChangeClass {
  kMetadata,  ///< existing rows are what the new definition gives: a rename, a wider type
  kForward,   ///< the same, as long as no existing record has one of `members`
  kChoice,    ///< existing rows would differ: rebuild them, or leave them
};

/// The part of a definition that differs. kLayer: bronze, silver or gold as a whole.
enum class DifferingPart { kLayer, kField, kRule, kGroup, kMeasure };
enum class DifferenceKind { kAdded, kRemoved, kType, kOther };

struct Difference {
  ChangeClass change = ChangeClass::kChoice;
  std::string what;       // "field amount: type int -> long", "measure total: sum(amount) -> avg(amount)"
  std::string meaning;    // one clause: "existing rows keep the old value"
  std::string hint = {};  // a proposal: "looks like a rename: write renamed_from: kind"; may be empty
  std::vector<std::string> members = {};  // top-level keys to look for in _extra of bronze; empty: nothing to look for
  std::string inherited = {};             // "bronze" or "silver" if it is a difference of that table; else empty
  DifferingPart part = DifferingPart::kLayer;
  std::string name = {};  // of the part; empty for kLayer
  DifferenceKind kind = DifferenceKind::kOther;
};

/// Compares two definitions of a table of this kind (definition.h).
///
/// Input:  `renames`: the old name and the new name of each renamed field. They apply where the table still has the old
///         name.
/// Output: empty exactly if the two definitions are equal. A table inherits the differences of the tables that it reads
///         if they can change its rows. If no difference changes its rows, one kMetadata difference says so. A rename
///         is kMetadata; if the record has the new name too, the path that is added is a second difference (kForward).
/// Errors: kCorrupt if a definition is damaged.
Result<std::vector<Difference>> Differences(TableKind kind, const std::string& have, const std::string& want,
                                            const std::map<std::string, std::string>& renames);

/// The old name and the new name of each field with `renamed_from`.
std::map<std::string, std::string> Renames(const Pipeline& pipeline);

}  // namespace ingot::pipeline
