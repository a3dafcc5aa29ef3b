#include "stage/unusual_share.h"

#include <algorithm>
#include <cmath>

namespace ingot::stage {
namespace {

constexpr double kPointsMin = 0.01, kRowsMin = 10, kErrorsMin = 5, kFactorMin = 3, kChanceMax = 1e-4;

/// The mean, never 0 or 1: what has not been seen yet is improbable, not impossible (Laplace's rule of succession).
double Expected(const Share& earlier) {
  return (double(earlier.found) + 1) / (double(earlier.rows) + 2);
}

}  // namespace

bool IsFarFrom(std::span<const Share> earlier, const Share& now) {
  Share total;
  int64_t runs = 0;
  double least = 1, greatest = 0;
  for (const Share& run : earlier) {
    if (run.rows == 0) continue;
    ++runs;
    total = total + run;
    least = std::min(least, run.Value());
    greatest = std::max(greatest, run.Value());
  }
  if (runs < kEarlierRunsMin || now.rows == 0) return false;
  const double share = now.Value(), expected = Expected(total), distance = std::abs(share - total.Value());
  if (share >= least && share <= greatest) return false;
  if (distance < kPointsMin || distance * double(now.rows) < kRowsMin) return false;
  if (distance < kErrorsMin * std::sqrt(expected * (1 - expected) / double(now.rows))) return false;
  const auto factor = [](double a, double b) { return std::max(a, b) / std::max(1e-9, std::min(a, b)); };
  return std::max(factor(share, expected), factor(1 - share, 1 - expected)) >= kFactorMin;
}

bool AllAreImprobable(const Share& earlier, int64_t rows) {
  return earlier.rows == 0 || std::pow(Expected(earlier), double(rows)) < kChanceMax;
}

}  // namespace ingot::stage
