#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/table_command.h"
#include "run/table_changes.h"

namespace ingot::cli {
namespace {

Status SetRef(const Shared& shared, const TableOptions& options, const char* type) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_ASSIGN(const auto snapshot, run::SetRef(home, options.name, type, options.snapshot));
  fmt::print("{}: {} {} is at snapshot {}\n", home.name.Text(), type, options.name, snapshot);
  return {};
}

Status Tag(const Shared& shared, const TableOptions& options) {
  return SetRef(shared, options, "tag");
}

Status Branch(const Shared& shared, const TableOptions& options) {
  return SetRef(shared, options, "branch");
}

Status DropRef(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_TRY(run::DropRef(home, options.name));
  fmt::print("{}: dropped {}\n", home.name.Text(), options.name);
  return {};
}

Status Evolve(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::Open(shared.open_options));
  INGOT_ASSIGN(const auto after, run::EvolveTable(open, options.table));
  fmt::print("{}: format {}, schema {}, partition spec {}, sort order {}\n", after.home.name.Text(),
             after.metadata->format_version, after.metadata->current_schema_id, after.metadata->default_spec_id,
             after.metadata->default_sort_order_id);
  return {};
}

Status Rollback(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_TRY(run::Rollback(home, options.snapshot));
  fmt::print("{} is back at snapshot {}\n", home.name.Text(), options.snapshot);
  return {};
}

Status Upgrade(const Shared& shared, const TableOptions& options) {
  INGOT_ASSIGN(const auto home, run::TableHomeOf(shared.open_options, options.table));
  INGOT_ASSIGN(const int format, run::UpgradeFormat(home, options.format));
  fmt::print("{} is of format {}\n", home.name.Text(), format);
  return {};
}

}  // namespace

void AddTableChanges(CLI::App& table, Shared& shared) {
  const auto add_ref = [&](const char* name, const char* help, TableAction action) {
    const auto [sub, options] = AddTableAction(table, shared, name, help, action);
    sub->add_option("name", options->name, "Name of the branch or tag")->required();
    return std::pair(sub, options);
  };
  for (const auto& [sub, options] : {add_ref("tag", "Give a snapshot a name, which keeps it from expiring", Tag),
                                     add_ref("branch", "Make a branch at a snapshot", Branch)})
    sub->add_option("--snapshot", options->snapshot, "Snapshot id; default: the current one");
  add_ref("drop-ref", "Drop a branch or a tag", DropRef);
  AddTableAction(table, shared, "evolve",
                 "Change columns, partition, sort order, format and properties to those of the pipeline file", Evolve);
  const auto [upgrade, format] = AddTableAction(
      table, shared, "upgrade",
      "Raise the Iceberg format, which row-level deletes and newer types need; cannot be undone", Upgrade);
  upgrade->add_option("--format", format->format, "2 or 3; default: 2");
  const auto [rollback, to] =
      AddTableAction(table, shared, "rollback", "Make an older snapshot the current one", Rollback);
  rollback->add_option("--snapshot", to->snapshot, "Snapshot id, from: ingot table history")->required();
}

}  // namespace ingot::cli
