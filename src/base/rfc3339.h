// Times as RFC 3339 writes them.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingot {

/// RFC 3339, with "T", "t" or a blank between. `nanos` gets what is beyond the microsecond, 0 to 999; more digits are
/// dropped. False when it is none.
bool ParseRfc3339(std::string_view text, int64_t& micros, int64_t* nanos = nullptr);

}  // namespace ingot
