#include "run/trino.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/fault.h"
#include "iceberg/commit.h"
#include "pipeline/definition.h"
#include "pipeline/plan_json.h"
#include "run/staging.h"
#include "run/trino_client.h"
#include "stage/changes.h"
#include "stage/fence.h"

namespace ingot::run {
namespace {

using iceberg::SnapshotId;
using iceberg::Table;
using pipeline::Dialect;
using pipeline::SilverSpec;
using stage::Environment;
using stage::StageReport;

std::string Quote(std::string_view name) {
  return pipeline::QuoteName(name, Dialect::kTrino);
}

std::string FullName(const Table& table) {
  return Quote(table.home.catalog->Name()) + "." + Quote(table.home.name.space) + "." + Quote(table.home.name.name);
}

std::string ColumnList(const iceberg::Schema& schema) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields) names.push_back(Quote(field.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Returns the select list of `columns` under their current names, for a relation that has the schema of the snapshot
/// `end`.
std::vector<std::string> ColumnsAt(const Table& table, SnapshotId end, const std::vector<std::string>& columns) {
  const iceberg::Snapshot* snapshot = table.metadata->SnapshotById(end);
  const iceberg::Schema& now = table.metadata->CurrentSchema();
  const iceberg::Schema& then = snapshot == nullptr ? now : table.metadata->SchemaOf(*snapshot);
  std::vector<std::string> selected;
  for (const std::string& column : columns) {
    const iceberg::Field* field = now.FindByName(column);
    const iceberg::Field* before = field == nullptr ? nullptr : then.FindById(field->id);
    const std::string name = before == nullptr ? "NULL" : Quote(before->name);
    selected.push_back(name == Quote(column) ? name : name + " AS " + Quote(column));
  }
  return selected;
}

/// Returns a relation of the rows that were appended to the table after `consumed`, up to `end`.
std::string NewRows(const Table& table, std::optional<SnapshotId> consumed, SnapshotId end,
                    const std::vector<std::string>& columns) {
  const auto names = ColumnsAt(table, end, columns);
  if (!consumed)
    return fmt::format("(SELECT {} FROM {} FOR VERSION AS OF {})", fmt::join(names, ", "), FullName(table), end);
  return fmt::format(
      "(SELECT {} FROM TABLE({}.system.table_changes(schema_name => '{}', table_name => '{}', start_snapshot_id => {}, "
      "end_snapshot_id => {})) WHERE _change_type = 'insert')",
      fmt::join(names, ", "), Quote(table.home.catalog->Name()), table.home.name.space, table.home.name.name, *consumed,
      end);
}

class TrinoRun {
 public:
  TrinoRun(const Environment& environment, const TrinoOptions& options)
      : environment_(environment), silver_until_(options.silver_until), trino_(options.url) {}

  Result<StageReport> Silver(const SilverSpec& spec) {
    StageReport report = Begin(stage::Stage::kSilver, spec.table.table);
    INGOT_ASSIGN(Table quarantine, Load(spec.quarantine.table));
    INGOT_ASSIGN(const Table bronze, Load(environment_.pipeline->bronze.table));
    const auto end = silver_until_ ? silver_until_ : bronze.metadata->current_snapshot_id;
    if (!end) return report;
    INGOT_ASSIGN(bool fresh, HasNew(bronze, quarantine, end));
    if (fresh) {
      const auto sql = Plan(spec, bronze, stage::ConsumedSnapshot(*quarantine.metadata), *end, "");
      INGOT_ASSIGN(auto staging, Fill(quarantine, "WITH checked AS (" + sql.check + ")\n" + sql.quarantine));
      INGOT_ASSIGN(auto written, staging.Files(quarantine));
      const auto mark = Next(spec, quarantine, bronze, *end);
      INGOT_TRY(Commit(quarantine, stage::MarkedChange(quarantine, std::move(written.files), mark, DefinitionOf(spec)),
                       staging));
      INGOT_TRY(FaultPoint("silver.between_commits"));
      INGOT_ASSIGN(quarantine, Load(spec.quarantine.table));
    }
    // Silver processes exactly the snapshots that quarantine has, also after a crash between the two commits.
    INGOT_ASSIGN(const Table silver, Load(spec.table.table));
    INGOT_ASSIGN(fresh, HasNew(bronze, silver, end));
    if (!fresh) return report;
    const auto consumed = stage::ConsumedSnapshot(*silver.metadata);
    INGOT_ASSIGN(const std::string keys, Keys(spec, silver, Plan(spec, bronze, consumed, *end, "")));
    const auto sql = Plan(spec, bronze, consumed, *end, keys);
    INGOT_TRY(CountInto(spec, report, "WITH checked AS (" + sql.check + ")\n" + sql.counts));
    INGOT_ASSIGN(auto staging, Fill(silver, "WITH checked AS (" + sql.check + ")\n" + sql.clean));
    INGOT_ASSIGN(auto written, staging.Files(silver));
    report.rows_out = written.rows;
    report.bytes_out = written.bytes;
    report.duplicates = report.rows_in - report.quarantined - report.rows_out;
    auto mark = Next(spec, silver, bronze, *end);
    mark.step_id = stage::MarkOf(*quarantine.metadata).step_id;
    INGOT_TRY(
        End(report, silver, stage::MarkedChange(silver, std::move(written.files), mark, DefinitionOf(spec)), staging));
    return report;
  }

  Result<StageReport> Gold(const pipeline::GoldSpec& spec) {
    StageReport report = Begin(stage::Stage::kGold, spec.table.table);
    INGOT_ASSIGN(const Table gold, Load(spec.table.table));
    INGOT_ASSIGN(const Table silver, Load(environment_.pipeline->SourceOf(spec).table.table));
    const auto end = silver.metadata->current_snapshot_id;
    INGOT_ASSIGN(const bool fresh, HasNew(silver, gold, end));
    if (!end || !fresh) return report;
    const std::string source =
        NewRows(silver, stage::ConsumedSnapshot(*gold.metadata), *end, pipeline::TouchedInputColumns(spec));
    const auto sql = pipeline::MakeGoldSql(*environment_.pipeline, spec, Dialect::kTrino,
                                           {.updated_at = "CAST(current_timestamp AS TIMESTAMP(6) WITH TIME ZONE)"});
    INGOT_ASSIGN(const std::string days, SpanOfDays(source, pipeline::GoldTimeField(spec), report));
    const std::string replaced = pipeline::GoldReplaceColumn(spec);
    const std::string with = fmt::format(
        "WITH silver_new AS (SELECT * FROM {}), touched AS ({}), silver_rows AS (SELECT * FROM {} FOR VERSION AS OF "
        "{}{}), gold_old AS (SELECT * FROM {}{})\n",
        source, sql.touched, FullName(silver), *end, days, FullName(gold),
        replaced.empty() ? "" : fmt::format(" WHERE {0} IN (SELECT {0} FROM touched)", Quote(replaced)));
    const std::string columns = ColumnList(gold.metadata->CurrentSchema());
    INGOT_ASSIGN(auto staging, Fill(gold, fmt::format("{}SELECT {} FROM ({}) UNION ALL SELECT {} FROM ({})", with,
                                                      columns, sql.aggregate, columns, sql.kept)));
    INGOT_ASSIGN(auto written, staging.Files(gold));
    report.rows_out = written.rows;
    report.bytes_out = written.bytes;
    std::set<std::vector<iceberg::Value>> partitions;
    for (const auto& file : written.files) partitions.insert(file.partition);
    const std::string definition = GoldDefinition(*environment_.pipeline, spec);
    const stage::Mark mark = stage::NextMark(environment_, stage::MarkOf(*gold.metadata), silver, *end, definition);
    iceberg::SnapshotChange change = stage::MarkedChange(gold, std::move(written.files), mark, definition);
    change.operation = "overwrite";
    change.removes = [partitions, all = replaced.empty()](const iceberg::DataFile& file) -> Result<bool> {
      return all || partitions.contains(file.partition);
    };
    // Rows of old files were read unchanged: the table must not have changed since.
    change.validate = [before = gold.metadata->current_snapshot_id,
                       name = gold.home.name.Text()](const iceberg::TableMetadata& metadata) -> Status {
      if (metadata.current_snapshot_id == before) return {};
      return Fail(ErrorKind::kConflict, "table " + name + " has changed while its groups were computed");
    };
    stage::Fence(change, definition, gold.home.name.Text());
    INGOT_TRY(End(report, gold, std::move(change), staging));
    return report;
  }

 private:
  StageReport Begin(stage::Stage stage, const std::string& table) const {
    StageReport report = stage::BeginReport(stage, table, environment_.run_id);
    report.engine = DialectName(pipeline::Dialect::kTrino);
    return report;
  }

  Result<Table> Load(const std::string& name) const {
    INGOT_ASSIGN(const auto home, environment_.Home(name));
    return iceberg::LoadTable(home);
  }

  std::string DefinitionOf(const SilverSpec& spec) const { return SilverDefinition(*environment_.pipeline, spec); }

  /// Returns the next mark of silver or quarantine.
  stage::Mark Next(const SilverSpec& spec, const Table& table, const Table& bronze, SnapshotId end) const {
    return stage::NextMark(environment_, stage::MarkOf(*table.metadata), bronze, end, DefinitionOf(spec));
  }

  static Result<bool> HasNew(const Table& source, const Table& table, std::optional<SnapshotId> end) {
    INGOT_ASSIGN(const auto fresh,
                 stage::ChangesSince(*source.metadata, stage::MarkOf(*table.metadata), source.home.name.Text(), end));
    return !fresh.Empty();
  }

  pipeline::SilverSql Plan(const SilverSpec& spec, const Table& bronze, std::optional<SnapshotId> consumed,
                           SnapshotId end, const std::string& existing) const {
    pipeline::SilverNames names{.existing = existing, .run_id = environment_.run_id};
    names.source = NewRows(bronze, consumed, end, pipeline::SilverInputColumns(*environment_.pipeline));
    return pipeline::MakeSilverSql(*environment_.pipeline, spec, Dialect::kTrino, names);
  }

  /// Returns a relation of the keys that silver has in the time span of the new rows.
  Result<std::string> Keys(const SilverSpec& spec, const Table& silver, const pipeline::SilverSql& sql) {
    std::vector<std::string> keys;
    for (const std::string& key : spec.unique) keys.push_back(Quote(key));
    const std::string time = pipeline::SilverTimeField(*environment_.pipeline, spec);
    std::string where;
    if (!time.empty()) {
      INGOT_ASSIGN(const auto span, trino_.Run(fmt::format("WITH checked AS ({}) SELECT CAST(min({}) AS VARCHAR), "
                                                           "CAST(max({}) AS VARCHAR) FROM checked",
                                                           sql.check, Quote(time), Quote(time))));
      where = span[0][0] == "null" ? " WHERE false"
                                   : fmt::format(" WHERE {} BETWEEN TIMESTAMP '{}' AND TIMESTAMP '{}'", Quote(time),
                                                 span[0][0], span[0][1]);
    }
    return keys.empty() ? FullName(silver)
                        : fmt::format("(SELECT {} FROM {}{})", fmt::join(keys, ", "), FullName(silver), where);
  }

  /// Returns a condition that holds for all rows of the touched groups, so that files of other days are skipped.
  /// Counts the rows.
  Result<std::string> SpanOfDays(const std::string& source, const std::string& time, StageReport& report) {
    const std::string field = time.empty() ? "NULL" : Quote(time);
    INGOT_ASSIGN(const auto span,
                 trino_.Run(fmt::format("SELECT CAST(count(*) AS VARCHAR), CAST(date(min({0}) AT TIME ZONE 'UTC') AS "
                                        "VARCHAR), CAST(date(max({0}) AT TIME ZONE 'UTC') AS VARCHAR) FROM {1}",
                                        time.empty() ? "CAST(NULL AS TIMESTAMP WITH TIME ZONE)" : field, source)));
    report.rows_in = std::atoll(span[0][0].c_str());
    if (time.empty() || span[0][1] == "null") return std::string();
    return fmt::format(
        " WHERE {0} >= TIMESTAMP '{1} 00:00:00 UTC' AND {0} < TIMESTAMP '{2} 00:00:00 UTC' + INTERVAL '1' DAY", field,
        span[0][1], span[0][2]);
  }

  Status CountInto(const SilverSpec& spec, StageReport& report, const std::string& sql) {
    INGOT_ASSIGN(const auto rows, trino_.Run(sql));
    const auto names = pipeline::RuleNames(spec.rules);
    report.rows_in = std::atoll(rows[0][0].c_str());
    report.quarantined = std::atoll(rows[0][1].c_str());
    for (size_t i = 0; i < names.size(); ++i)
      if (const int64_t count = std::atoll(rows[0][i + 2].c_str())) report.broken_by_rule[names[i]] = count;
    report.errors = report.broken_by_rule["parse"];
    return {};
  }

  Result<Staging> Fill(const Table& target, const std::string& select) {
    INGOT_ASSIGN(Staging staging, Staging::Make(environment_, target));
    INGOT_ASSIGN(const auto name, iceberg::ParseTableName(staging.Name(), environment_.catalog->Name()));
    INGOT_TRY(
        trino_.Run(fmt::format("INSERT INTO {}.{}.{} ({})\n{}", Quote(environment_.catalog->Name()), Quote(name.space),
                               Quote(name.name), ColumnList(target.metadata->CurrentSchema()), select)));
    return staging;
  }

  static Status Commit(const Table& table, const iceberg::SnapshotChange& change, Staging& staging) {
    staging.Release();
    INGOT_TRY(iceberg::CommitFiles(table.home, change));
    return {};
  }

  Status End(StageReport& report, const Table& table, iceberg::SnapshotChange change, Staging& staging) const {
    report.commits = 1;
    report.finished_at_micros = NowMicros();
    change.summary.merge(report.ToSummary());
    return Commit(table, change, staging);
  }

  const Environment& environment_;
  const std::optional<SnapshotId> silver_until_;
  TrinoClient trino_;
};

}  // namespace

Result<std::vector<StageReport>> RunOnTrino(const Environment& environment, stage::Stage stage,
                                            const TrinoOptions& options) {
  TrinoRun run(environment, options);
  std::vector<StageReport> reports;
  const auto until_first = [&](const auto& table) -> Status {
    INGOT_ASSIGN(StageReport report, iceberg::RetryOnConflict(table));
    reports.push_back(std::move(report));
    return {};
  };
  switch (stage) {
    case stage::Stage::kBronze:
      return Fail(ErrorKind::kUnsupported, "Trino reads no records: run --stage bronze with --engine embedded");
    case stage::Stage::kSilver:
      for (const auto& spec : environment.pipeline->silver) INGOT_TRY(until_first([&] { return run.Silver(spec); }));
      break;
    case stage::Stage::kGold:
      for (const auto& gold : environment.pipeline->gold) INGOT_TRY(until_first([&] { return run.Gold(gold); }));
      break;
  }
  return reports;
}

}  // namespace ingot::run
