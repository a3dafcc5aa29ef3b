// Computes a sample of groups again from silver, and compares the result with gold.
#pragma once

#include <map>
#include <string>

#include "stage/environment.h"
#include "stage/sample.h"

namespace ingot::gold {

struct SampleOptions {
  bool consumed = false;  // from silver at the snapshot that gold has consumed; otherwise as it is now
  size_t groups = 10;     // time groups, or groups if there are no time groups
  std::map<std::string, std::string> renames;  // current name of a column by its old name
};

/// Compares groups and measures of time groups that are spread over the table. Groups of which retention has removed
/// rows of silver, or that another engine deleted from gold, are left out. Writes nothing.
Result<stage::Sample> SampleGroups(const stage::Environment& environment, const pipeline::GoldSpec& spec,
                                   const SampleOptions& options);

}  // namespace ingot::gold
