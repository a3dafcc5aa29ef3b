// Whether a JSON document has been written to its end. What does not begin like one is not looked at.
#pragma once

#include <string_view>

namespace ingot::source {

/// False when the object, array or string at the start of `text` is not closed in it: the rest is yet to be written.
bool EndsWhole(std::string_view text);

}  // namespace ingot::source
