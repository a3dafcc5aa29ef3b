// The command line: one file per command, each reading flags, calling a room below and printing the outcome.
#pragma once

namespace ingot::cli {

/// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but a quality rule is broken beyond its limit.
int Main(int argc, char** argv);

}  // namespace ingot::cli
