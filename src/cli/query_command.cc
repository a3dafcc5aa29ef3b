#include "bronze/offset_rows.h"
#include "cli/commands.h"
#include "cli/rows_text.h"
#include "query/statement.h"

namespace ingot::cli {
namespace {

struct Options {
  std::string sql;
  std::string format = "table";
};

Status Query(const Shared& shared, const Options& options) {
  INGOT_ASSIGN(const auto house, run::OpenLakehouse(shared.open_options));
  const query::StatementOptions statement{.threads = shared.open_options.threads,
                                          .memory_bytes = shared.open_options.memory_bytes,
                                          .metadata_tables = {{"offsets", [](const iceberg::Table& table) {
                                                                 return bronze::OffsetRows(*table.metadata);
                                                               }}}};
  const Status done =
      query::RunStatement(house.catalog, house.storage, options.sql, statement,
                          [&](arrow::RecordBatchReader& rows) { return PrintRows(rows, options.format); });
  if (done || done.error().kind != ErrorKind::kNotFound) return done;
  const auto tables = house.catalog->ListTables();
  return tables && tables->empty() ? WithContext(done, run::WhyNoTables(shared.open_options)) : done;
}

}  // namespace

void AddQuery(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("query", "Query the tables in SQL");
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
