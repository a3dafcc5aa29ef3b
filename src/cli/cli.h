// The command line: one file per command. Each reads flags, calls one function of a room below and prints the outcome.
#pragma once

namespace ingot::cli {

/// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but a quality rule is broken beyond its limit.
int Main(int argc, char** argv);

}  // namespace ingot::cli
