// Times as RFC 3339 writes them.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingot {

/// The times that columns take: years 1 to 9999, which RFC 3339 can write and every engine can read.
inline constexpr int64_t kTimeMinMicros = -62'135'596'800'000'000, kTimeMaxMicros = 253'402'300'799'999'999;

/// RFC 3339, with "T", "t" or a blank between. `nanos` gets what is beyond the microsecond, 0 to 999; more digits are
/// dropped. False when it is none.
bool ParseRfc3339(std::string_view text, int64_t& micros, int64_t* nanos = nullptr);

}  // namespace ingot
