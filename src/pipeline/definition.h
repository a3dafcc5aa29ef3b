// What computes a table, as one canonical text: two texts are equal exactly when the same rows would come out.
// Comments, formatting, and the order of keys and fields are not in it. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

/// Of silver and its quarantine: the fields with path, type and unit, the rules, the key, and the version of each
/// function that is used. JSON with sorted keys.
std::string SilverDefinition(const Pipeline& pipeline, const SilverSpec& silver);

/// An expression as a definition holds it, with the version of each function.
nlohmann::json ToJson(const Expression& expression);

/// The name of a definition: its SHA-256 in hexadecimal digits.
std::string DefinitionId(const std::string& definition);

}  // namespace ingot::pipeline
