// One pipeline file for many topics: where its table names hold {topic}, each topic that matches gets tables of its
// own.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

/// `open` itself when no table name holds {topic}; else a place for each topic at the source, its name (with _ for
/// what may not stand in a table name) in place of {topic}. Errors: kBadConfig when the source is no topic, or two
/// topics would share tables; those of asking the brokers.
Result<std::vector<OpenPlace>> FanOut(OpenPlace open);

}  // namespace ingot::run
