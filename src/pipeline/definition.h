// The definition of a table as canonical text. Two definitions are equal exactly when they compute the same rows.
// Comments, formatting, and the order of keys and fields are not part of it. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

/// The definition of silver and its quarantine, as JSON with sorted keys. It has the fields with path, type and unit,
/// the rules, the key, and the version of each function that is used.
std::string SilverDefinition(const Pipeline& pipeline, const SilverSpec& silver);

/// The JSON of an expression in a definition, with the version of each function.
nlohmann::json ToJson(const Expression& expression);

/// The id of a definition: its SHA-256 in hexadecimal digits.
std::string DefinitionId(const std::string& definition);

}  // namespace ingot::pipeline
