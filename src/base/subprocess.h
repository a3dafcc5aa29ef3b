// Another program, run to its end.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot {

struct ProcessEnd {
  int exit_code = 0;        // 128 and the signal's number when a signal ended it
  std::string last_errors;  // the end of what it wrote to standard error
};

/// Runs `command`, looked for in PATH, with this process's environment. `on_line` gets each line of its standard
/// output as it comes. Errors: kNotFound when there is no such program.
Result<ProcessEnd> RunProcess(const std::vector<std::string>& command,
                              const std::function<void(std::string_view)>& on_line);

}  // namespace ingot
