// 64-bit hashes of rows: equal rows have equal hashes.
#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot {

/// Mixes two 64-bit values: a 64 by 64 to 128 bit multiplication whose halves are XORed. Source: wyhash.
inline uint64_t MixHash(uint64_t a, uint64_t b) {
  const __uint128_t product = __uint128_t(a ^ 0xa0761d6478bd642f) * (b ^ 0xe7037ed1a0b428db);
  return uint64_t(product >> 64) ^ uint64_t(product);
}

uint64_t HashText(std::string_view text, uint64_t seed);

/// One hash per row over all columns. All nulls are equal, -0.0 equals 0.0, and all NaN are equal. Different seeds give
/// independent hashes. Text columns may be dictionary-encoded. Errors: kUnsupported for nested types.
Result<std::vector<uint64_t>> HashRows(const arrow::RecordBatch& rows, uint64_t seed = 1);

}  // namespace ingot
