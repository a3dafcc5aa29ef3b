// The commands, and their shared options: the pipeline, the warehouse and the catalog.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/result.h"
#include "pipeline/expression.h"
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
  /// Set by the requested command. Runs after all flags are parsed.
  std::function<Status()> command;

  bool Json() const { return log_format == "json"; }
};

/// Parses "512MB", "2GiB", "1000000". Returns bytes. Errors: kBadConfig with the flag's name.
Result<int64_t> ParseBytes(const char* flag, const std::string& text);

/// Parses a day, such as 2024-07-19. Returns the days since 1970-01-01. Errors: kBadConfig with the flag's name.
Result<int32_t> ParseDay(const char* flag, const std::string& text);

/// Checks that a flag's value is a number of at least `least`.
CLI::Validator AtLeast(int least);

/// Adds --stage, a list. The names are appended to `help`.
void AddStages(CLI::App& command, std::vector<stage::Stage>& stages, const std::string& help);

/// Adds --engine. The names are appended to `help`.
void AddEngine(CLI::App& command, pipeline::Dialect& engine, const std::string& help);

/// Adds the flags that every command takes.
void AddShared(CLI::App& command, Shared& shared);

/// Returns what the HTTP server serves of the pipeline's tables, during a run or without one.
serve::ServerParts ServerPartsOf(const stage::Environment& environment, std::function<Result<std::string>()> ready);

/// The commands, in the order of --help. A name X here is a function AddX in src/cli/x_command.cc.
#define INGOT_COMMANDS(COMMAND) \
  COMMAND(Run)                  \
  COMMAND(Plan)                 \
  COMMAND(Apply)                \
  COMMAND(Replay)               \
  COMMAND(Generate)             \
  COMMAND(Query)                \
  COMMAND(Table)                \
  COMMAND(Doctor)               \
  COMMAND(Storage)              \
  COMMAND(Maintain)             \
  COMMAND(Erase)                \
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
void AddTableMove(CLI::App& table, Shared& shared);

}  // namespace ingot::cli
