// Writes parts of a definition as a user writes them in the pipeline file, for the lines that name differences.
// Source: docs/formats/definition.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ingot::pipeline {

/// All functions throw nlohmann::json::exception for JSON of another form.

/// "sum(amount)", "a * (b + 1)", "place in ('x', 'y')": with parentheses only where they are needed.
std::string ExpressionText(const nlohmann::json& expression);

/// "$.a.b[0]", and "$['a.b']" for a key that holds a dot.
std::string PathText(const nlohmann::json& path);

/// A list as "[a, b]". Input: texts, or paths.
std::string ListText(const nlohmann::json& list);

/// The valid range of a time field: "[2000-01-01, now+1d]". Input: the field.
std::string RangeText(const nlohmann::json& field);

/// The check of a rule: "total >= 0", "not_null [a, b]".
std::string CheckText(const nlohmann::json& rule);

}  // namespace ingot::pipeline
