// Deletion vectors: which rows of one data file are deleted, as a compressed bitmap of positions (format 3).
// Source: Iceberg specification, "Deletion Vectors"; Puffin specification, blob type "deletion-vector-v1".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot::iceberg {

/// The positions in a blob, ascending. `rows`: how many the data file has.
/// Errors: kCorrupt when length, magic number or checksum do not fit, or a position is not one of the file's.
Result<std::vector<int64_t>> DecodeDeletionVector(std::string_view blob, int64_t rows);

/// The blob of a vector with these positions, in any order.
std::string EncodeDeletionVector(std::span<const int64_t> positions);

}  // namespace ingot::iceberg
