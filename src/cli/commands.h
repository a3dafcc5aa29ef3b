// The commands, and what they share: where the pipeline, the warehouse and the catalog are.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/result.h"
#include "run/open.h"
#include "serve/server.h"
#include "stage/stages.h"

namespace ingot::cli {

struct Shared {
  run::OpenOptions open_options;
  std::string memory;
  std::string log_format = "text";
  std::string log_level = "warning";
  int exit_code = 0;
  /// Set by the command that was given; runs after all flags are read.
  std::function<Status()> command;

  bool Json() const { return log_format == "json"; }
};

/// "512MB", "2GiB", "1000000". Errors: kBadConfig with the flag's name.
Result<int64_t> ParseBytes(const char* flag, const std::string& text);

/// That a flag's value is a number of at least `least`.
CLI::Validator AtLeast(int least);

/// --stage, a list; `help` is followed by the names.
void AddStages(CLI::App& command, std::vector<stage::Stage>& stages, const std::string& help);

/// The flags that every command takes.
void AddShared(CLI::App& command, Shared& shared);

/// What is served of the pipeline's tables, beside a run or without one.
serve::ServerParts ServerPartsOf(const stage::Environment& environment, std::function<Status()> ready);

/// The commands, in the order of --help: a name X here is a function AddX in src/cli/x_command.cc.
#define INGOT_COMMANDS(COMMAND) \
  COMMAND(Run)                  \
  COMMAND(Generate)             \
  COMMAND(Query)                \
  COMMAND(Table)                \
  COMMAND(Doctor)               \
  COMMAND(Storage)              \
  COMMAND(Maintain)             \
  COMMAND(Compile)              \
  COMMAND(Check)                \
  COMMAND(Register)             \
  COMMAND(Unregister)           \
  COMMAND(Serve)                \
  COMMAND(Functions)            \
  COMMAND(Completion)
#define INGOT_DECLARE_COMMAND(name) void Add##name(CLI::App& app, Shared& shared);
INGOT_COMMANDS(INGOT_DECLARE_COMMAND)
#undef INGOT_DECLARE_COMMAND

void AddTableDelete(CLI::App& table, Shared& shared);

}  // namespace ingot::cli
