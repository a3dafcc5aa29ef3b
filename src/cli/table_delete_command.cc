#include <fmt/format.h>

#include "base/json_text.h"
#include "cli/commands.h"
#include "run/delete_where.h"

namespace ingot::cli {
namespace {

Status Delete(const Shared& shared, const run::DeleteWhereOptions& options) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::OpenTables(shared.open_options));
  INGOT_ASSIGN(const auto done, run::DeleteWhere(open, options));
  if (shared.Json())
    fmt::print("{{\"table\":{},\"dry_run\":{},\"rows\":{},\"files_removed\":{},\"files_with_deletes\":{}}}\n",
               JsonQuote(done.table.Text()), options.dry_run, done.rows.rows, done.rows.files_removed,
               done.rows.files_with_deletes);
  else
    fmt::print("{}: {}{} rows deleted, {} files as a whole, in {} files by {}\n", done.table.Text(),
               options.dry_run ? "would be: " : "", done.rows.rows, done.rows.files_removed,
               done.rows.files_with_deletes, done.format_version >= 3 ? "deletion vectors" : "position deletes");
  return {};
}

}  // namespace

void AddTableDelete(CLI::App& table, Shared& shared) {
  auto* command = table.add_subcommand("delete", "Delete the rows that match a condition");
  auto options = std::make_shared<run::DeleteWhereOptions>();
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table")->required();
  command->add_option("--where", options->where, "Condition, in the expressions of the pipeline file")->required();
  command->add_flag("--dry-run", options->dry_run, "Show how many rows would be deleted; change nothing");
  command->footer(
      "Files are not rewritten: the rows are deleted by deletion vectors (format 3) or position deletes (format 2), "
      "which\n"
      "compaction applies. Older snapshots have the rows until they expire. Downstream tables do not change.\n\n"
      "Examples:\n  ingot table delete silver.speedtest_clean --where \"user_id = "
      "'6f9619ff-8b86-d011-b42d-00c04fc964ff'\"\n  ingot table delete bronze.speedtest_raw --where \"_error is not "
      "null\" --dry-run");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Delete(shared, *options); }; });
}

}  // namespace ingot::cli
