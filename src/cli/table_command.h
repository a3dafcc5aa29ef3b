// What the commands below `ingot table` share.
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

/// Adds a command that takes the name of a table first; further options go into what is returned.
std::pair<CLI::App*, std::shared_ptr<TableOptions>> AddTableAction(CLI::App& table, Shared& shared, const char* name,
                                                                   const char* help, TableAction action);

/// tag, branch, drop-ref, evolve, upgrade, rollback.
void AddTableChanges(CLI::App& table, Shared& shared);

}  // namespace ingot::cli
