// Makes a branch or a tag again without erased rows, so that the snapshot which it named can go.
#pragma once

#include <string>
#include <string_view>

#include "maintain/erase_rows.h"

namespace ingot::maintain {

/// The prefix of the branch on which a ref is made again. Only an interrupted call leaves one.
inline constexpr std::string_view kRemadeRef = "ingot-erase-";

/// Commits the rows of the ref without the erased ones to a branch beside it, then moves the ref to that snapshot. Its
/// kind and retention stay; the snapshot has the table's current columns. An interrupted call leaves the branch, which
/// the next call replaces. Errors: kConflict if the ref was moved meanwhile.
Status RemakeRef(const iceberg::TableHome& home, const std::string& ref, EraseRowsOptions options);

}  // namespace ingot::maintain
