// Follows the path of a field through a parsed JSON document.
#pragma once

#include <simdjson.h>

#include <span>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

/// Returns the value at the end of a path; an error when a step does not exist. `on_step` gets the index of the member
/// or element of each step. Of duplicate keys, the last one counts.
simdjson::simdjson_result<simdjson::dom::element> Walk(simdjson::dom::element at,
                                                       std::span<const pipeline::PathStep> steps, auto on_step) {
  for (const pipeline::PathStep& step : steps) {
    if (!step.index) {
      simdjson::dom::object object;
      if (const auto error = at.get_object().get(object)) return error;
      bool found = false;
      size_t number = 0, last = 0;
      for (const auto member : object) {
        if (member.key == step.key) at = member.value, found = true, last = number;
        ++number;
      }
      if (!found) return simdjson::NO_SUCH_FIELD;
      on_step(last);
      continue;
    }
    simdjson::dom::array array;
    if (const auto error = at.get_array().get(array)) return error;
    const int64_t index = *step.index < 0 ? int64_t(array.size()) + *step.index : *step.index;
    if (index < 0) return simdjson::INDEX_OUT_OF_BOUNDS;
    if (const auto error = array.at(size_t(index)).get(at)) return error;
    on_step(size_t(index));
  }
  return at;
}

}  // namespace ingot::bronze
