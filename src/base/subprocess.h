// Runs another program and reads its output.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot {

struct ProcessResult {
  int exit_code = 0;        // 128 plus the signal number when a signal ended the process
  std::string stderr_tail;  // the last kilobytes of its standard error
};

/// Runs `command`, found in PATH, with this process's environment, and waits for its end. `on_line` receives each line
/// of its standard output as it is written. Errors: kNotFound when the program cannot be started.
Result<ProcessResult> RunProcess(const std::vector<std::string>& command,
                                 const std::function<void(std::string_view)>& on_line);

}  // namespace ingot
