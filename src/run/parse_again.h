// Records that could not be parsed, by the fields of the pipeline file: bronze's parser for silver.
#pragma once

#include "silver/parse_again.h"
#include "stage/environment.h"

namespace ingot::run {

/// The environment must outlive the factory. Input: the definition of bronze is that of the pipeline file.
silver::ParserFactory ParserOf(const stage::Environment& environment);

}  // namespace ingot::run
