// The functions as documents: the page docs/functions.md, and JSON for programs.
#pragma once

#include <string>

#include "base/result.h"

namespace ingot::pipeline {

/// Markdown.
std::string FunctionsPage();

/// One object a line, with the SQL of the example in each engine.
Result<std::string> FunctionsJson();

}  // namespace ingot::pipeline
