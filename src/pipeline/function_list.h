// Documents that list the functions: the page docs/functions.md, and JSON for programs.
#pragma once

#include <string>

#include "base/result.h"

namespace ingot::pipeline {

/// The page as Markdown.
std::string FunctionsPage();

/// One JSON object per line, with the SQL of the example for each engine.
Result<std::string> FunctionsJson();

}  // namespace ingot::pipeline
