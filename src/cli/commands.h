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
  run::Place place;
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

void AddRun(CLI::App& app, Shared& shared);
void AddGenerate(CLI::App& app, Shared& shared);
void AddQuery(CLI::App& app, Shared& shared);
void AddTable(CLI::App& app, Shared& shared);
void AddTableDelete(CLI::App& table, Shared& shared);
void AddDoctor(CLI::App& app, Shared& shared);
void AddStorage(CLI::App& app, Shared& shared);
void AddMaintain(CLI::App& app, Shared& shared);
void AddCompile(CLI::App& app, Shared& shared);
void AddCheck(CLI::App& app, Shared& shared);
void AddRegister(CLI::App& app, Shared& shared);
void AddUnregister(CLI::App& app, Shared& shared);
void AddServe(CLI::App& app, Shared& shared);
void AddCompletion(CLI::App& app, Shared& shared);

}  // namespace ingot::cli
