#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json_text.h"
#include "cli/commands.h"
#include "run/erase.h"
#include "run/erase_condition.h"

namespace ingot::cli {
namespace {

std::string QuotedList(const auto& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + JsonQuote(text);
  return "[" + list + "]";
}

std::string JsonOf(const run::ErasedTable& table) {
  const auto& rows = table.rows.rows;
  return fmt::format(
      R"({{"table":{},"rows":{},"by_condition":{},"by_bytes":{},"by_record":{},"files_rewritten":{},"bytes_rewritten":{},)"
      R"("snapshots":{},"refs":{},"files_deleted":{},"searched":{{"files":{},"bytes":{},"rows":{},"rows_found":{},"files_found":{}}}}})",
      JsonQuote(table.name), table.rows.Rows(), rows[run::kByCondition], rows[run::kByBytes], rows[run::kByRecord],
      table.rows.files + table.rows.delete_files, table.rows.bytes, table.snapshots, QuotedList(table.refs),
      table.files_deleted, table.searched.files, table.searched.bytes, table.searched.rows, table.searched.rows_found,
      table.searched.files_found);
}

void PrintJson(const run::Erasure& erasure, bool dry_run) {
  std::string tables;
  for (const auto& table : erasure.tables) tables += (tables.empty() ? "" : ",") + JsonOf(table);
  fmt::print(R"({{"dry_run":{},"fields":{},"tables":[{}],"left":{},"outside":{}}})", dry_run,
             QuotedList(erasure.fields), tables, QuotedList(erasure.Left()), QuotedList(erasure.outside));
  fmt::print("\n");
}

void PrintTables(const run::Erasure& erasure, bool dry_run) {
  for (const auto& table : erasure.tables) {
    const auto& rows = table.rows.rows;
    fmt::print(
        "{}: {}{} rows erased ({} by the condition, {} by unparsed bytes, {} by source position), {} files rewritten, "
        "{} snapshots removed",
        table.name, dry_run ? "would be: " : "", table.rows.Rows(), rows[run::kByCondition], rows[run::kByBytes],
        rows[run::kByRecord], table.rows.files + table.rows.delete_files, table.snapshots);
    if (!dry_run) fmt::print(", {} files deleted", table.files_deleted);
    if (!table.refs.empty()) fmt::print("; made again, or dropped in gold: {}", fmt::join(table.refs, ", "));
    if (dry_run && table.searched.files_found > 0)
      fmt::print("; {} files hold such values, with orphans and trash", table.searched.files_found);
    fmt::print("\n");
  }
}

void PrintProof(const run::Erasure& erasure) {
  int64_t files = 0, bytes = 0, rows = 0, rows_found = 0, files_found = 0;
  for (const auto& table : erasure.tables) {
    files += table.searched.files;
    bytes += table.searched.bytes;
    rows += table.searched.rows;
    rows_found += table.searched.rows_found;
    files_found += table.searched.files_found;
  }
  fmt::print("Proof: {} files with {} bytes were searched, {} rows decoded: {} rows match\n", files, bytes, rows,
             rows_found);
  if (erasure.searches_metadata)
    fmt::print("Proof: the literal was searched for in metadata, manifests, statistics, paths and all text: {} found\n",
               files_found);
  else
    fmt::print(
        "The literals were not searched for in metadata: numbers, or literals that only match together, have no "
        "spelling that could be found there; no file that had such a row is left\n");
  for (const std::string& file : erasure.Left()) fmt::print("LEFT: {}\n", file);
  fmt::print("Not searched: {}\n", fmt::join(erasure.outside, "; "));
}

Status Erase(Shared& shared, const run::EraseOptions& options, bool json) {
  INGOT_ASSIGN(const run::OpenedPipeline open, run::Open(shared.open_options));
  INGOT_ASSIGN(const run::Erasure erasure, run::Erase(open, options));
  if (json || shared.Json()) {
    PrintJson(erasure, options.dry_run);
  } else {
    if (erasure.nothing_found)
      fmt::print("No table has such a row.\n");
    else
      PrintTables(erasure, options.dry_run);
    if (!options.dry_run) PrintProof(erasure);
  }
  if (options.dry_run || erasure.Left().empty()) return {};
  return Fail(ErrorKind::kConflict, fmt::format("{} files still hold what is to be erased: run the command again; a "
                                                "column that the condition does not name must be added to it",
                                                erasure.Left().size()));
}

}  // namespace

void AddErase(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("erase", "Erase a person's rows from every table, snapshot and file");
  auto options = std::make_shared<run::EraseOptions>();
  auto json = std::make_shared<bool>(false);
  AddShared(*command, shared);
  command->add_option("--where", options->where, "Fields compared with literals by = and IN, joined by AND and OR")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "Show what would be erased; change nothing");
  command->add_flag("--yes", options->yes,
                    "Also make branches and tags again that reach such rows; those of gold are dropped");
  command->add_flag("--json", *json, "Print one JSON object");
  command->footer(
      "The rows leave bronze, silver, quarantine and gold's groups, then every snapshot, file and former version of "
      "the\n"
      "metadata. All remaining files are searched; exit 1 if something is left. An interrupted erasure is completed "
      "when\n"
      "it is called again. ops.changes records it without the literals.\n\n"
      "Examples:\n  ingot erase --where \"user_id = '6f9619ff-8b86-d011-b42d-00c04fc964ff'\" --dry-run\n"
      "  ingot erase --where \"user_id IN ('u1', 'u2') OR email = 'ann@example.com'\" --yes");
  command->callback([&shared, options, json] {
    shared.command = [&shared, options, json] { return Erase(shared, *options, *json); };
  });
}

}  // namespace ingot::cli
