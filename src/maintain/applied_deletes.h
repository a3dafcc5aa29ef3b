// Which delete files are unneeded after the data files that they apply to were rewritten without the deleted rows.
#pragma once

#include <map>
#include <set>
#include <string>

#include "rows/scan.h"

namespace ingot::maintain {

/// The keys of the delete files that apply to a data file.
std::set<std::string> DeletesOf(const rows::FileTask& task, bool positions_only);

/// Rewritten files, and the delete files that were applied to each.
using Replaced = std::map<std::string, std::set<std::string>>;

/// Delete files that no longer apply to any file. Those of remaining files are needed, and those that were added to
/// rewritten files since these were read.
std::set<std::string> UnneededDeletes(const rows::ScanPlan& plan, const Replaced& replaced);

}  // namespace ingot::maintain
