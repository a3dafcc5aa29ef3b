// Shared code of the subcommands of `ingot table`.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cli/commands.h"

namespace ingot::cli {

struct TableOptions {
  std::string table;
  std::string name;  // of a branch or tag
  int64_t snapshot = 0;
  int32_t format = 2;
};

using TableAction = Status (*)(const Shared&, const TableOptions&);

/// Adds a command whose first argument is a table name. Further options are added to the returned command.
std::pair<CLI::App*, std::shared_ptr<TableOptions>> AddTableAction(CLI::App& table, Shared& shared, const char* name,
                                                                   const char* help, TableAction action);

/// Adds tag, branch, drop-ref, evolve, upgrade, rollback.
void AddTableChanges(CLI::App& table, Shared& shared);

}  // namespace ingot::cli
