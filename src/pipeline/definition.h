// The definition of a table as canonical JSON text. Two definitions are equal exactly when they compute the same rows.
// Each one contains the definitions that it reads: bronze in silver, silver in gold. Comments, formatting, and the
// order of keys and fields are not part of it, nor are the source's address, partitions, sort orders, properties and
// retention. Source: docs/formats/definition.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/pipeline.h"
#include "pipeline/tables.h"

namespace ingot::pipeline {

/// The format, and the fields that are read from the record, each with path, type and unit.
std::string BronzeDefinition(const Pipeline& pipeline);
/// The definition of silver and of its quarantine: computed fields, fixes, rules, key.
std::string SilverDefinition(const Pipeline& pipeline, const SilverSpec& silver);
/// Groups and measures.
std::string GoldDefinition(const Pipeline& pipeline, const GoldSpec& gold);
/// One of these. Empty for ops tables.
std::string DefinitionOf(const Pipeline& pipeline, const PipelineTable& table);

/// The JSON of an expression in a definition, with the version of each function.
nlohmann::json ToJson(const Expression& expression);

/// JSON as the text of a definition. Equal JSON gives equal text.
std::string CanonicalText(const nlohmann::json& json);

/// The id of a definition: its SHA-256 in hexadecimal digits.
std::string DefinitionId(const std::string& definition);

/// The name of a kind of expression in a definition: "column", "call".
std::string_view KindName(Expression::Kind kind);

}  // namespace ingot::pipeline
