#include <fmt/format.h>

#include <algorithm>

#include "base/spelling.h"
#include "bronze/offset_rows.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "cli/rows_text.h"
#include "iceberg/metadata_rows.h"
#include "iceberg/scan_relation.h"
#include "sql/engine.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string sql;
  std::string format = "table";
};

/// Whether `written`, a name as it stands in a statement, may mean the table.
bool Means(std::string written, const iceberg::TableName& table) {
  std::erase(written, '"');
  std::ranges::transform(written, written.begin(), [](char c) { return char(std::tolower(uint8_t(c))); });
  std::string name = table.Text();
  std::ranges::transform(name, name.begin(), [](char c) { return char(std::tolower(uint8_t(c))); });
  return written == name || written == std::string(catalog::kCatalogName) + "." + name;
}

using TableRows = std::function<Result<Relation>(const iceberg::Table&)>;

/// What can be asked of a table beside its rows, by what is appended to its name.
const std::map<std::string, TableRows>& Asides() {
  static const std::map<std::string, TableRows> asides{
      {"", [](const iceberg::Table& table) { return iceberg::RelationOf(table); }},
      {"$snapshots", [](const iceberg::Table& table) { return iceberg::SnapshotRows(*table.metadata); }},
      {"$offsets", [](const iceberg::Table& table) { return bronze::OffsetRows(*table.metadata); }}};
  return asides;
}

Status Query(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto engine,
               sql::Engine::Open(
                   {.threads = shared.place.threads, .memory_bytes = shared.place.memory_bytes, .temp_folder = {}}));
  const std::string name(catalog::kCatalogName);
  INGOT_TRY(engine->Execute(fmt::format("ATTACH IF NOT EXISTS ':memory:' AS {0}; USE {0}", name)));
  INGOT_ASSIGN(const auto tables, house.catalog->ListTables());
  std::vector<std::string> wanted, known;
  auto found = engine->TablesIn(options.sql);
  if (found) wanted = std::move(*found);
  for (std::string& written : wanted) written.resize(std::min(written.find(" AS "), written.size()));  // an alias
  std::vector<iceberg::TableName> names;
  for (const iceberg::TableName& table : tables) {
    known.push_back(table.Text());
    for (const auto& [suffix, rows] : Asides()) {
      const iceberg::TableName asked{table.space, table.name + suffix};
      names.push_back(asked);
      // Some statements are read by the engine only once their tables are there: then every table whose name occurs is.
      const bool meant =
          found ? std::ranges::any_of(wanted, [&](const std::string& written) { return Means(written, asked); })
                : options.sql.find(asked.name) != std::string::npos;
      if (!meant) continue;
      INGOT_ASSIGN(const auto loaded, iceberg::LoadTable({house.catalog, house.storage, table}));
      auto relation = rows(loaded);
      if (!relation) return std::unexpected(std::move(relation).error().Context("table " + asked.Text()));
      INGOT_TRY(engine->Register({name, asked.space, asked.name}, std::move(*relation)));
    }
  }
  for (std::string written : wanted) {
    std::erase(written, '"');
    if (written.starts_with(name + ".")) written.erase(0, name.size() + 1);
    const bool plain = written.find('.') != std::string::npos && written.find('(') == std::string::npos &&
                       !written.starts_with("information_schema.") && !written.starts_with("pg_catalog.");
    if (plain && std::ranges::none_of(names, [&](const auto& table) { return Means(written, table); }))
      return Fail(ErrorKind::kNotFound,
                  "table does not exist: " + written + DidYouMean(written, known) + " (see: ingot table list)");
  }
  INGOT_ASSIGN(const auto rows, engine->Query(options.sql));
  return PrintRows(*rows, options.format);
}

}  // namespace

void AddQuery(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("query", "Ask the tables in SQL");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  command->add_option("sql", options->sql, "A statement in DuckDB's SQL")->required();
  command->add_option("--format", options->format, "table, json (an object a line) or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  command->footer(
      "Examples:\n  ingot query \"SELECT * FROM iceberg_catalog.bronze.speedtest_raw LIMIT 10\"\n"
      "  ingot query \"SELECT date, location, avg_latency FROM gold.speedtest_agg WHERE date = CURRENT_DATE\" --format "
      "csv\n  ingot query 'SELECT * FROM bronze.\"speedtest_raw$offsets\"'   # also $snapshots");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Query(shared, *options); }; });
}

}  // namespace ingot::cli
