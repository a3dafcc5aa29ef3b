// Parses RFC 3339 timestamps.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingot {

/// The range of timestamps in columns: years 1 to 9999, which RFC 3339 can express and every engine can read.
inline constexpr int64_t kTimeMinMicros = -62'135'596'800'000'000, kTimeMaxMicros = 253'402'300'799'999'999;

/// Parses an RFC 3339 timestamp with "T", "t" or a space between date and time. `micros` is since the epoch; `nanos`
/// gets the remaining 0 to 999 nanoseconds, further digits are dropped. Returns false when `text` is not a timestamp.
bool ParseRfc3339(std::string_view text, int64_t& micros, int64_t* nanos = nullptr);

}  // namespace ingot
