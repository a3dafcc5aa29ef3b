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

/// Returns the positions in a blob, ascending. `rows`: the number of rows of the data file.
/// Errors: kCorrupt for a wrong length, magic number or checksum, and for a position beyond `rows`.
Result<std::vector<int64_t>> DecodeDeletionVector(std::string_view blob, int64_t rows);

/// Returns the blob of a deletion vector with these positions, which may come in any order.
std::string EncodeDeletionVector(std::span<const int64_t> positions);

}  // namespace ingot::iceberg
