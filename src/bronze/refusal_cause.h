// Explains why records do not fit.
#pragma once

#include <span>
#include <string>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

/// The likeliest cause, with an example and what to write. Empty if `problems` is.
/// Input: samples of the reasons (`_error`) and of records.
std::string CauseOfRefusals(const pipeline::Pipeline& pipeline, std::span<const std::string> problems,
                            std::span<const std::string> records);

}  // namespace ingot::bronze
