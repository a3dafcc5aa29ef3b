// The definition of silver as versions before `ingot.definition` wrote it. Tables of these versions have only its id,
// in their marks. It tells whether the pipeline file has changed since.
#pragma once

#include <string>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

/// Never changes: it must give the ids that these tables have.
std::string EarlierSilverDefinition(const Pipeline& pipeline, const SilverSpec& silver);

}  // namespace ingot::pipeline
