// Detects whether a JSON document is complete. Text that does not begin like one is not checked.
#pragma once

#include <string_view>

namespace ingot::source {

/// Returns false when the object, array or string at the start of `text` is not closed, so that the rest is not written
/// yet.
bool EndsWhole(std::string_view text);

}  // namespace ingot::source
