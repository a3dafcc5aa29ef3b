#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json_text.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "run/move.h"

namespace ingot::cli {
namespace {

void PrintJson(const run::TableMove& move) {
  if (move.error) {
    fmt::print("{{\"table\":{},\"outcome\":\"failed\",\"error\":{}}}\n", JsonQuote(move.name),
               JsonQuote(move.error->message));
    return;
  }
  std::string unreadable;
  for (const std::string& snapshot : move.moved.unreadable)
    unreadable += (unreadable.empty() ? "" : ",") + JsonQuote(snapshot);
  fmt::print(
      R"({{"table":{},"outcome":"moved","from":{},"to":{},"snapshots":{},"files_copied":{},"bytes_copied":{},"files_found":{},"snapshots_unreadable":[{}],"may_be_removed":{}}})"
      "\n",
      JsonQuote(move.name), JsonQuote(move.moved.from), JsonQuote(move.moved.to), move.moved.snapshots,
      move.moved.files_copied, move.moved.bytes_copied, move.moved.files_adopted, unreadable,
      move.old_is_unused && move.moved.still_writes.empty() ? JsonQuote(move.moved.from) : "null");
}

void PrintText(const run::TableMove& move) {
  const maintain::Moved& moved = move.moved;
  if (move.error) {
    fmt::print("{:<32} FAILED: {}\n", move.name, move.error->message);
    return;
  }
  fmt::print("{:<32} is at {} with {} snapshots: {} files ({}) copied, {} were there\n", move.name, moved.to,
             moved.snapshots, moved.files_copied, HumanBytes(double(moved.bytes_copied)), moved.files_adopted);
  for (const std::string& snapshot : moved.unreadable) fmt::print("  cannot be read: snapshot {}\n", snapshot);
  if (!moved.still_writes.empty())
    fmt::print("  {} processes still write to {}: stop them, then move the table again before you remove anything\n",
               moved.still_writes.size(), moved.from);
}

void PrintRemovable(const std::vector<run::TableMove>& moves) {
  bool any = false;
  for (const run::TableMove& move : moves) {
    if (!move.old_is_unused || !move.moved.still_writes.empty()) continue;
    if (!std::exchange(any, true)) fmt::print("\nmay be removed, after a look at the tables (ingot doctor):\n");
    fmt::print("  {}\n", move.moved.from);
  }
}

void PrintCatalogHint(const Shared& shared, const std::string& to) {
  const auto files = run::CatalogBesideTables(shared.open_options, to);
  if (!files) return;
  fmt::print("\nthe catalog stays at {}. To use {} as the warehouse, move it, too:\n  mv {} {}\n", files->first, to,
             files->first, files->second);
}

Status Move(Shared& shared, run::MoveRequest request) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.open_options));
  request.warehouse = shared.open_options.warehouse;
  if (shared.open_options.threads > 0) request.threads = shared.open_options.threads;
  ProgressLine progress("move", 0, "bytes");
  request.progress = [&](int64_t bytes) { progress.Add(bytes); };
  INGOT_ASSIGN(const auto moves, run::MoveTables(house, request));
  bool all = true;
  for (const run::TableMove& move : moves) {
    if (move.error) shared.exit_code = 1, all = false;
    shared.Json() ? PrintJson(move) : PrintText(move);
  }
  if (shared.Json()) return {};
  PrintRemovable(moves);
  if (all && request.table.empty()) PrintCatalogHint(shared, request.to);
  return {};
}

}  // namespace

void AddTableMove(CLI::App& table, Shared& shared) {
  auto* command = table.add_subcommand("move", "Move a table, or all tables, to another location");
  auto request = std::make_shared<run::MoveRequest>();
  AddShared(*command, shared);
  command->add_option("table", request->table, "namespace.table; default: all tables of the catalog");
  command
      ->add_option("--to", request->to,
                   "The new location of the table; of all tables: of the folder with their namespaces")
      ->required();
  command->footer(
      "Copies the files and rewrites the paths in the metadata, in one commit for each table. Files that are at the "
      "new\n"
      "location already are used as they are, so that a folder can be moved first. The old files are not changed. Run "
      "it\nagain after a crash. Nothing else may write to the tables meanwhile.\n\n"
      "Examples:\n  ingot table move --to /disk2/warehouse\n  ingot table move gold.speedtest_agg --to "
      "s3://bucket/gold/speedtest_agg");
  command->callback([&shared, request] { shared.command = [&shared, request] { return Move(shared, *request); }; });
}

}  // namespace ingot::cli
