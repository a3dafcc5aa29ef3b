#include "query/statement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/log.h"
#include "base/lower_case.h"
#include "base/spelling.h"
#include "catalog/open.h"
#include "iceberg/journal.h"
#include "query/filter.h"
#include "query/names.h"
#include "rows/metadata_rows.h"
#include "rows/scan_relation.h"
#include "sql/engine.h"

namespace ingot::query {
namespace {

/// Whether `written`, a name from a statement, may refer to the table.
bool Matches(std::string written, const iceberg::TableName& table) {
  std::erase(written, '"');
  written = LowerCase(written);
  const std::string name = LowerCase(table.Text());
  return written == name || written == std::string(catalog::kCatalogName) + "." + name;
}

/// The name in a table reference from the engine, without the alias or sample clause that follows a space.
std::string NameIn(const std::string& reference) {
  bool quoted = false;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] == '"') quoted = !quoted;
    if (reference[i] == ' ' && !quoted) return reference.substr(0, i);
  }
  return reference;
}

/// Iceberg's metadata tables by suffix.
MetadataTables WithStandardTables(MetadataTables tables) {
  tables.insert({{"snapshots", rows::SnapshotRows},
                 {"history", rows::HistoryRows},
                 {"refs", rows::RefRows},
                 {"manifests", rows::ManifestRows},
                 {"files", rows::FileRows},
                 {"partitions", rows::PartitionRows},
                 {"metadata_log_entries", rows::MetadataLogRows}});
  return tables;
}

/// The meaning of a name in a statement: the rows of a table, current or as of a version, or a metadata table.
struct Named {
  iceberg::TableName table;
  const AsOf* as_of = nullptr;
  const TableRows* metadata = nullptr;
};
using Nameable = std::map<iceberg::TableName, Named>;

Nameable NameableOf(const std::vector<iceberg::TableName>& tables, const MetadataTables& metadata_tables,
                    const RewrittenSql& rewritten) {
  Nameable names;
  for (const iceberg::TableName& table : tables) {
    names[table] = {.table = table};
    for (const auto& [suffix, rows] : metadata_tables)
      names[{table.space, table.name + "$" + suffix}] = {table, nullptr, &rows};
  }
  for (const auto& [name, past] : rewritten.as_of) names[name] = {past.first, &past.second};
  return names;
}

/// The tables whose rows a statement reads, by their name in the engine.
struct TableToRead {
  iceberg::Table table;
  std::optional<iceberg::SnapshotId> snapshot_id;
};
using TablesToRead = std::map<std::vector<std::string>, TableToRead>;

/// Registers a name with the engine. For the rows of a table only its columns, and adds the table to `tables_to_read`.
Status RegisterName(const iceberg::TableHome& home, const std::vector<std::string>& name, const Named& named,
                    sql::Engine& engine, TablesToRead& tables_to_read) {
  TableToRead one;
  INGOT_ASSIGN(one.table, iceberg::LoadTable(home));
  if (named.metadata != nullptr) {
    INGOT_ASSIGN(auto rows, (*named.metadata)(one.table));
    return engine.Register(name, std::move(rows));
  }
  const iceberg::TableMetadata& metadata = *one.table.metadata;
  if (named.as_of != nullptr) {
    INGOT_ASSIGN(one.snapshot_id, ResolveAsOf(metadata, *named.as_of, named.table.Text()));
  }
  // Prevents maintenance in other processes from removing files while they are read.
  if (const auto reads = one.snapshot_id ? one.snapshot_id : metadata.current_snapshot_id)
    iceberg::AnnounceReader(one.table.home.storage, metadata, *reads);
  INGOT_ASSIGN(auto columns, rows::ColumnsOf(one.table, one.snapshot_id));
  INGOT_TRY(engine.Register(name, std::move(columns)));
  tables_to_read[name] = std::move(one);
  return {};
}

/// Registers the rows of the tables, without files that cannot match the statement.
Status RegisterRows(const TablesToRead& tables_to_read, const std::string& sql, sql::Engine& engine) {
  if (tables_to_read.empty()) return {};
  // In the same transaction as the statement, so that now() has the same value when files are filtered.
  INGOT_TRY(engine.Execute("BEGIN"));
  const auto conditions = engine.ConditionsIn(sql);
  if (conditions.empty()) INGOT_TRY(engine.Execute("ROLLBACK"));
  for (const auto& [name, one] : tables_to_read) {
    const std::string text = fmt::format("{}", fmt::join(name, "."));
    const auto known = conditions.find(text);
    const iceberg::TableMetadata& metadata = *one.table.metadata;
    rows::ScanOptions options{.snapshot_id = one.snapshot_id};
    if (known != conditions.end())
      options.filter =
          FilterOf(known->second, one.snapshot_id ? metadata.SchemaOf(*metadata.SnapshotById(*one.snapshot_id))
                                                  : metadata.CurrentSchema());
    INGOT_ASSIGN(auto plan, WithContext(rows::PlanScan(*one.table.home.storage, metadata, options), "table " + text));
    LogInfo(fmt::format("{}: {} files to read, {} files and {} manifests without rows that match", text,
                        plan.tasks.size(), plan.files_pruned, plan.manifests_pruned));
    INGOT_ASSIGN(auto rows, rows::RelationOf(one.table, std::move(plan)));
    INGOT_TRY(engine.Register(name, std::move(rows)));
  }
  return {};
}

/// Errors: kNotFound for a table that the statement reads and that is unknown.
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
    if (plain && std::ranges::none_of(names, [&](const auto& name) { return Matches(written, name.first); }))
      return Fail(ErrorKind::kNotFound,
                  "table does not exist: " + written + DidYouMean(written, known) + " (see: ingot table list)");
  }
  return {};
}

}  // namespace

Status RunStatement(const std::shared_ptr<iceberg::Catalog>& catalog, const std::shared_ptr<storage::Storage>& storage,
                    const std::string& sql, const StatementOptions& options,
                    const std::function<Status(arrow::RecordBatchReader&)>& use) {
  INGOT_ASSIGN(
      const auto engine,
      sql::Engine::Open({.threads = options.threads, .memory_bytes = options.memory_bytes, .temp_folder = {}}));
  const std::string catalog_name(catalog::kCatalogName);
  INGOT_TRY(engine->Execute(fmt::format("ATTACH IF NOT EXISTS ':memory:' AS {0}; USE {0}", catalog_name)));
  INGOT_ASSIGN(const auto tables, catalog->ListTables());
  const MetadataTables metadata_tables = WithStandardTables(options.metadata_tables);
  std::set<std::string> suffixes;
  for (const auto& [suffix, rows] : metadata_tables) suffixes.insert(suffix);
  INGOT_ASSIGN(const RewrittenSql rewritten, RewriteNames(sql, tables, suffixes, catalog_name));
  const Nameable names = NameableOf(tables, metadata_tables, rewritten);
  auto wanted = engine->TablesIn(rewritten.sql);
  if (wanted)
    for (std::string& reference : *wanted) reference = NameIn(reference);
  TablesToRead tables_to_read;
  for (const auto& [name, named] : names) {
    // The engine parses some statements only if their tables exist: then each table whose name occurs is registered.
    const bool meant =
        wanted ? std::ranges::any_of(*wanted, [&](const std::string& written) { return Matches(written, name); })
               : rewritten.sql.find(name.name) != std::string::npos;
    if (!meant) continue;
    INGOT_TRY(WithContext(RegisterName({catalog, storage, named.table}, {catalog_name, name.space, name.name}, named,
                                       *engine, tables_to_read),
                          "table " + named.table.Text()));
  }
  if (wanted) INGOT_TRY(CheckKnown(*wanted, names, tables));
  INGOT_TRY(RegisterRows(tables_to_read, rewritten.sql, *engine));
  INGOT_ASSIGN(const auto rows, engine->Query(rewritten.sql));
  return use(*rows);
}

}  // namespace ingot::query
