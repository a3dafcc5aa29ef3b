#include <fmt/format.h>

#include <algorithm>

#include "base/spelling.h"
#include "bronze/offset_rows.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "cli/query_names.h"
#include "cli/rows_text.h"
#include "iceberg/journal.h"
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
      {"snapshots", iceberg::SnapshotRows},
      {"history", iceberg::HistoryRows},
      {"refs", iceberg::RefRows},
      {"manifests", iceberg::ManifestRows},
      {"files", iceberg::FileRows},
      {"partitions", iceberg::PartitionRows},
      {"metadata_log_entries", iceberg::MetadataLogRows},
      {"offsets", [](const iceberg::Table& table) { return bronze::OffsetRows(*table.metadata); }}};
  return asides;
}

/// Everything that a statement may name, and how to come by its rows.
using Nameable = std::map<iceberg::TableName, std::function<Result<Relation>()>>;

Result<Nameable> NameableOf(const run::Lakehouse& house, const std::vector<iceberg::TableName>& tables,
                            const RewrittenSql& rewritten) {
  Nameable names;
  const auto load = [&house](const iceberg::TableName& name) {
    return iceberg::LoadTable({house.catalog, house.storage, name});
  };
  // While the rows are read, maintenance elsewhere keeps what they are read from.
  const auto rows = [](const iceberg::Table& table, std::optional<iceberg::SnapshotId> id) {
    if (const auto reads = id ? id : table.metadata->current_snapshot_id)
      iceberg::AnnounceReader(table.home.storage, *table.metadata, *reads);
    return iceberg::RelationOf(table, id);
  };
  for (const iceberg::TableName& name : tables) {
    names[name] = [=]() -> Result<Relation> {
      INGOT_ASSIGN(const auto table, load(name));
      return rows(table, {});
    };
    for (const auto& [aside, aside_rows] : Asides())
      names[{name.space, name.name + "$" + aside}] = [=]() -> Result<Relation> {
        INGOT_ASSIGN(const auto table, load(name));
        return aside_rows(table);
      };
  }
  for (const auto& [named, past] : rewritten.past)
    names[named] = [=, &past]() -> Result<Relation> {
      INGOT_ASSIGN(const auto table, load(past.first));
      INGOT_ASSIGN(const auto id, ResolveAsOf(*table.metadata, past.second, past.first.Text()));
      return rows(table, id);
    };
  return names;
}

/// Errors: kNotFound for a table that the statement reads and nobody knows.
Status CheckKnown(std::vector<std::string> wanted, const Nameable& names,
                  const std::vector<iceberg::TableName>& tables) {
  const std::string catalog(catalog::kCatalogName);
  std::vector<std::string> known;
  for (const auto& table : tables) known.push_back(table.Text());
  for (std::string& written : wanted) {
    std::erase(written, '"');
    if (written.starts_with(catalog + ".")) written.erase(0, catalog.size() + 1);
    const bool plain = written.find('.') != std::string::npos && written.find('(') == std::string::npos &&
                       !written.starts_with("information_schema.") && !written.starts_with("pg_catalog.");
    if (plain && std::ranges::none_of(names, [&](const auto& name) { return Means(written, name.first); }))
      return Fail(ErrorKind::kNotFound,
                  "table does not exist: " + written + DidYouMean(written, known) + " (see: ingot table list)");
  }
  return {};
}

Status Query(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.place));
  INGOT_ASSIGN(const auto engine,
               sql::Engine::Open(
                   {.threads = shared.place.threads, .memory_bytes = shared.place.memory_bytes, .temp_folder = {}}));
  const std::string catalog(catalog::kCatalogName);
  INGOT_TRY(engine->Execute(fmt::format("ATTACH IF NOT EXISTS ':memory:' AS {0}; USE {0}", catalog)));
  INGOT_ASSIGN(const auto tables, house.catalog->ListTables());
  std::set<std::string> asides;
  for (const auto& [aside, rows] : Asides()) asides.insert(aside);
  INGOT_ASSIGN(const RewrittenSql rewritten, RewriteNames(options.sql, tables, asides, catalog));
  INGOT_ASSIGN(const Nameable names, NameableOf(house, tables, rewritten));
  auto wanted = engine->TablesIn(rewritten.sql);
  if (wanted)
    for (std::string& written : *wanted) written.resize(std::min(written.find(" AS "), written.size()));  // an alias
  for (const auto& [name, rows] : names) {
    // Some statements are read by the engine only once their tables are there: then every table whose name occurs is.
    const bool meant =
        wanted ? std::ranges::any_of(*wanted, [&](const std::string& written) { return Means(written, name); })
               : rewritten.sql.find(name.name) != std::string::npos;
    if (!meant) continue;
    INGOT_ASSIGN(auto relation, WithContext(rows(), "table " + name.Text()));
    INGOT_TRY(engine->Register({catalog, name.space, name.name}, std::move(relation)));
  }
  if (wanted) INGOT_TRY(CheckKnown(*wanted, names, tables));
  INGOT_ASSIGN(const auto rows, engine->Query(rewritten.sql));
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
      "csv\n  ingot query \"SELECT count(*) FROM gold.speedtest_agg FOR TIMESTAMP AS OF '2026-01-31 12:00:00'\"   # or "
      "FOR "
      "VERSION AS OF a snapshot id or 'tag'\n"
      "  ingot query \"SELECT * FROM bronze.speedtest_raw.snapshots\"   # also history, refs, manifests, files, "
      "partitions, metadata_log_entries, offsets");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Query(shared, *options); }; });
}

}  // namespace ingot::cli
