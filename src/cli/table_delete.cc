#include <fmt/format.h>

#include "base/json_text.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "maintain/delete_rows.h"
#include "pipeline/evaluate.h"
#include "pipeline/prune.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string table;
  std::string where;
  bool dry_run = false;
};

/// Errors: kBadConfig for what is no condition on the columns.
Result<pipeline::Expression> ConditionFrom(const std::string& text, const pipeline::ColumnTypes& columns) {
  INGOT_ASSIGN(auto condition, WithContext(pipeline::ParseExpression(text), "--where"));
  INGOT_ASSIGN(const auto type, WithContext(Resolve(condition, columns), "--where"));
  if (type.id != iceberg::TypeId::kBoolean || HasAggregate(condition))
    return Fail(ErrorKind::kBadConfig, "--where: must be a condition on a row, such as \"user_id = '…'\"");
  return condition;
}

Status Delete(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const run::OpenPlace open, run::OpenTables(shared.place));
  INGOT_ASSIGN(const auto home, open.environment.Home(options.table));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  pipeline::ColumnTypes types;
  for (const auto& field : table.metadata->CurrentSchema().fields)
    if (!field.type.IsNested()) types[field.name] = field.type;
  INGOT_ASSIGN(const auto condition, ConditionFrom(options.where, types));
  std::set<std::string> columns;
  CollectColumns(condition, columns);
  Progress progress("delete from " + options.table, 0, "records");
  const maintain::DeleteRowsOptions deletion{
      .columns = {columns.begin(), columns.end()},
      .filter = pipeline::FilterOf(condition, types),
      .matches = [&](const std::shared_ptr<arrow::RecordBatch>& rows) { return Evaluate(condition, *rows); },
      .threads = open.environment.threads,
      .dry_run = options.dry_run,
      .progress = [&](int64_t rows) { progress.Add(rows); }};
  INGOT_ASSIGN(const auto done, maintain::DeleteRows(home, deletion));
  if (shared.Json())
    fmt::print("{{\"table\":{},\"dry_run\":{},\"rows\":{},\"files_removed\":{},\"files_with_deletes\":{}}}\n",
               JsonQuote(home.name.Text()), options.dry_run, done.rows, done.files_removed, done.files_with_deletes);
  else
    fmt::print("{}: {}{} rows deleted, {} files as a whole, in {} files by {}\n", home.name.Text(),
               options.dry_run ? "would be: " : "", done.rows, done.files_removed, done.files_with_deletes,
               table.metadata->format_version >= 3 ? "deletion vectors" : "position deletes");
  return {};
}

}  // namespace

void AddTableDelete(CLI::App& table, Shared& shared) {
  auto* command = table.add_subcommand("delete", "Delete the rows that match a condition");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("table", options->table, "namespace.table")->required();
  command->add_option("--where", options->where, "Condition, in the expressions of the pipeline file")->required();
  command->add_flag("--dry-run", options->dry_run, "Tell how many rows would go, change nothing");
  command->footer(
      "Files are not written anew: the rows go by deletion vectors (format 3) or position deletes (format 2), which\n"
      "compaction applies. Older snapshots have the rows until they expire. Tables further on do not change.\n\n"
      "Examples:\n  ingot table delete silver.speedtest_clean --where \"user_id = "
      "'6f9619ff-8b86-d011-b42d-00c04fc964ff'\"\n  ingot table delete bronze.speedtest_raw --where \"_error is not "
      "null\" --dry-run");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Delete(shared, *options); }; });
}

}  // namespace ingot::cli
