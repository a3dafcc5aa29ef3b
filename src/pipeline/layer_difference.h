// Compares the parts of a definition that belong to one layer. Each kind of part, and each of its members, is one row
// of a table in bronze_difference.cc, silver_difference.cc or gold_difference.cc.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/difference.h"

namespace ingot::pipeline {

/// Which rows downstream a difference can change.
enum class Reach {
  kTable,   ///< none: only rows of this table
  kColumn,  ///< those that are computed from the field
  kRows,    ///< all, because it decides which rows there are
};

struct LayerDifference {
  Difference difference;
  Reach reach = Reach::kRows;
};

/// Input:  the objects of the layer (docs/formats/definition.md). The layer below in them is ignored.
/// Errors: these and all other functions here throw nlohmann::json::exception if the input is damaged.
std::vector<LayerDifference> BronzeDifferences(const nlohmann::json& have, const nlohmann::json& want);
std::vector<LayerDifference> SilverDifferences(const nlohmann::json& have, const nlohmann::json& want);
std::vector<LayerDifference> GoldDifferences(const nlohmann::json& have, const nlohmann::json& want);

/// A field, rule, group or measure in both definitions, or the layer itself. A definition without it has null.
struct Part {
  DifferingPart part = DifferingPart::kLayer;
  std::string name;  // empty for the layer itself
  nlohmann::json have, want;
};

/// Both definitions of a layer, and what has been found.
struct Layer {
  const nlohmann::json& have;
  const nlohmann::json& want;
  std::vector<LayerDifference> found = {};

  /// Adds the part to `difference`, and its label ("field amount: ") in front of `difference.what`.
  void Add(const Part& part, Reach reach, Difference difference);
};

/// A member of a part. `compare` gets its two values, null where it is missing. It is called once for all of the part's
/// members that have it, if one of them differs.
struct Member {
  std::string_view key;
  void (*compare)(Layer& layer, const Part& part, const nlohmann::json& have, const nlohmann::json& want);
};

/// Parts by name.
struct Section {
  DifferingPart part;
  void (*added)(Layer& layer, const Part& part);
  void (*removed)(Layer& layer, const Part& part);
  std::span<const Member> members;
};

std::vector<LayerDifference> CompareLayer(const nlohmann::json& have, const nlohmann::json& want,
                                          std::span<const Member> members);
/// Members that no row names are differences too: a later version of the program wrote them.
void CompareMembers(Layer& layer, const Part& part, std::span<const Member> members);
void CompareSection(Layer& layer, const Section& section, const nlohmann::json& have, const nlohmann::json& want);
template <const Section& kSection>
void CompareSectionOf(Layer& layer, const Part&, const nlohmann::json& have, const nlohmann::json& want) {
  CompareSection(layer, kSection, have, want);
}

// Comparisons of members

/// For members that are compared elsewhere.
void Ignore(Layer& layer, const Part& part, const nlohmann::json& have, const nlohmann::json& want);
void CompareType(Layer& layer, const Part& part, const nlohmann::json& have, const nlohmann::json& want);
void CompareExpression(Layer& layer, const Part& part, const nlohmann::json& have, const nlohmann::json& want,
                       Reach reach, std::string_view meaning);

/// For sections of columns.
void RemovedColumn(Layer& layer, const Part& part);

// Parts of the above

/// Whether expressions differ at most in resolved types and in versions of functions.
bool IsSameText(const nlohmann::json& have, const nlohmann::json& want);

/// The removed part that has probably become this added one: it has the same path, or it is the only one of its type.
/// Input: the section in both definitions.
std::string RenameHint(const nlohmann::json& have, const nlohmann::json& want, const Part& added);

/// null if it is missing.
nlohmann::json ValueOf(const nlohmann::json& object, std::string_view key);
/// The names in either object.
std::set<std::string> NamesIn(const nlohmann::json& have, const nlohmann::json& want);
std::string Shown(const nlohmann::json& value);
/// "what old -> new".
std::string ChangeText(std::string_view what, const std::string& have, const std::string& want);

}  // namespace ingot::pipeline
