// Whether a share of rows (refused, null) is far from that of the last runs. docs/operations.md explains the test.
#pragma once

#include <cstdint>
#include <span>

namespace ingot::stage {

struct Share {
  int64_t rows = 0;
  int64_t found = 0;
  double Value() const { return rows == 0 ? 0 : double(found) / double(rows); }
  Share operator+(const Share& other) const { return {rows + other.rows, found + other.found}; }
};

/// All must hold: there are at least kEarlierRunsMin earlier runs with rows; the share lies outside of the range of
/// theirs; it differs from their mean by at least a percentage point, by ten rows, by five standard errors, and by a
/// factor of three, in the share itself or in the rest. The factor keeps data whose rows are not independent quiet.
bool IsFarFrom(std::span<const Share> earlier, const Share& now);
inline constexpr int64_t kEarlierRunsMin = 3;

/// Whether it is improbable by earlier rows (a chance below 1 in 10,000) that all of `rows` are found. True without
/// earlier rows.
bool AllAreImprobable(const Share& earlier, int64_t rows);

}  // namespace ingot::stage
