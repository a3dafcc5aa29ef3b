#include "stage/stage.h"

#include <fmt/format.h>
#include <version.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/random.h"
#include "iceberg/schema_change.h"
#include "rows/scan_relation.h"
#include "stage/marks.h"
#include "stage/position_columns.h"
#include "storage/location.h"

namespace ingot::stage {
namespace {

constexpr const char* kRule = "ingot.rule.";
constexpr const char* kEngine = "ingot.engine";

/// Tables of format 2 have no defaults: rows older than the column are null there.
iceberg::Schema FittingFormat(iceberg::Schema schema, int32_t format_version) {
  if (format_version < 3)
    for (iceberg::Field& field : schema.fields) field.initial_default = field.write_default = "";
  return schema;
}

/// A column may be wider than its field where another engine widened it; a file that narrows a field means other
/// values.
Status CheckNotNarrowed(const iceberg::TableMetadata& metadata, const iceberg::Schema& wanted) {
  for (const iceberg::Field& field : wanted.fields) {
    const iceberg::Field* have = metadata.CurrentSchema().FindByName(field.name);
    if (have == nullptr || have->type == field.type || !iceberg::CanPromote(field.type, have->type)) continue;
    const bool was = std::ranges::any_of(metadata.schemas, [&](const iceberg::Schema& schema) {
      const iceberg::Field* before = schema.FindById(have->id);
      return before != nullptr && before->type == field.type;
    });
    if (!was)
      return Fail(
          ErrorKind::kBadConfig,
          fmt::format("column {0} is {1} and never was {2}: a type may only widen; write type: {1}, or give the "
                      "field a new name",
                      field.name, TypeName(have->type), TypeName(field.type)));
  }
  return {};
}

Result<iceberg::TableMetadata> NewMetadata(const StageContext& context, const iceberg::TableName& name,
                                           const pipeline::TableSpec& spec, const iceberg::Schema& schema) {
  iceberg::Properties properties = spec.properties;
  properties.merge(iceberg::Properties{{"write.format.default", "parquet"},
                                       {"write.parquet.compression-codec", "zstd"},
                                       {"write.metadata.delete-after-commit.enabled", "true"}});
  const std::string location =
      context.catalog->ChoosesLocations()
          ? ""
          : storage::JoinLocation(storage::JoinLocation(context.warehouse, name.space), name.name);
  const auto format = spec.properties.find(iceberg::kFormatVersion);
  INGOT_ASSIGN(
      auto metadata,
      iceberg::MakeTableMetadata(
          {.schema = FittingFormat(schema, format == spec.properties.end() ? 2 : std::atoi(format->second.c_str())),
           .partition = spec.partition,
           .location = location,
           .properties = properties}));
  INGOT_TRY(iceberg::SetSortOrder(metadata, spec.sort));
  return metadata;
}

}  // namespace

Result<iceberg::TableHome> StageContext::Home(const std::string& table) const {
  INGOT_ASSIGN(auto name, iceberg::ParseTableName(table, catalog->Name()));
  return iceberg::TableHome{catalog, storage, std::move(name)};
}

void StageReport::Add(const StageReport& other) {
  rows_in += other.rows_in;
  rows_out += other.rows_out;
  quarantined += other.quarantined;
  duplicates += other.duplicates;
  errors += other.errors;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  commits += other.commits;
  if (started_at_micros == 0) started_at_micros = other.started_at_micros;
  finished_at_micros = std::max(finished_at_micros, other.finished_at_micros);
  for (const auto& [rule, count] : other.broken_by_rule) broken_by_rule[rule] += count;
  for (const auto& [at, count] : other.rows_by_produced_at) rows_by_produced_at[at] += count;
}

iceberg::Properties StageReport::ToSummary() const {
  iceberg::Properties summary{{kStageKey, stage}, {kRunIdKey, run_id}, {kEngine, engine}};
  const auto put = [&](const char* key, int64_t value) { summary[key] = std::to_string(value); };
  put("ingot.rows-in", rows_in);
  put("ingot.rows-out", rows_out);
  put("ingot.rows-quarantined", quarantined);
  put("ingot.rows-duplicate", duplicates);
  put("ingot.rows-error", errors);
  put("ingot.bytes-in", bytes_in);
  put("ingot.bytes-out", bytes_out);
  put("ingot.started-at-us", started_at_micros);
  put("ingot.finished-at-us", finished_at_micros);
  for (const auto& [rule, count] : broken_by_rule) summary[kRule + rule] = std::to_string(count);
  return summary;
}

std::optional<StageReport> ReportOf(const iceberg::Snapshot& snapshot, const std::string& table) {
  const auto stage = snapshot.summary.find(kStageKey), run = snapshot.summary.find(kRunIdKey);
  if (stage == snapshot.summary.end() || run == snapshot.summary.end()) return std::nullopt;
  const auto engine = snapshot.summary.find(kEngine);  // none: an earlier version
  const auto number = [&](const char* key) { return iceberg::SummaryNumber(snapshot, key); };
  StageReport report{.stage = stage->second,
                     .table = table,
                     .run_id = run->second,
                     .engine = engine == snapshot.summary.end() ? kEmbedded : engine->second,
                     .rows_in = number("ingot.rows-in"),
                     .rows_out = number("ingot.rows-out"),
                     .quarantined = number("ingot.rows-quarantined"),
                     .duplicates = number("ingot.rows-duplicate"),
                     .errors = number("ingot.rows-error"),
                     .bytes_in = number("ingot.bytes-in"),
                     .bytes_out = number("ingot.bytes-out"),
                     .commits = 1,
                     .started_at_micros = number("ingot.started-at-us"),
                     .finished_at_micros = number("ingot.finished-at-us"),
                     .broken_by_rule = {},
                     .rows_by_produced_at = {}};
  for (const auto& [key, value] : snapshot.summary)
    if (key.starts_with(kRule))
      report.broken_by_rule[key.substr(std::string_view(kRule).size())] = std::atoll(value.c_str());
  return report;
}

Result<iceberg::Table> EnsureTable(const StageContext& context, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema) {
  INGOT_ASSIGN(const iceberg::TableHome home, context.Home(spec.table));
  auto table = iceberg::LoadTable(home);
  if (!table && table.error().kind == ErrorKind::kNotFound) {
    INGOT_ASSIGN(const auto metadata, NewMetadata(context, home.name, spec, schema));
    table = iceberg::CreateTable(home, metadata);
    if (table) INGOT_TRY(FaultPoint("table.created"));
    if (!table && table.error().kind == ErrorKind::kExists) table = iceberg::LoadTable(home);
  }
  if (!table) return table;
  const auto evolve = [&](const iceberg::TableMetadata& metadata) -> Result<iceberg::Schema> {
    INGOT_TRY(WithContext(CheckNotNarrowed(metadata, schema), "table " + home.name.Text()));
    INGOT_ASSIGN(const iceberg::Schema current,
                 WithContext(RenamePositionColumns(metadata.CurrentSchema(), schema), "table " + home.name.Text()));
    const iceberg::Schema wanted =
        iceberg::KeepRequired(FittingFormat(schema, metadata.format_version), current, metadata.schemas);
    INGOT_ASSIGN(auto next, iceberg::EvolveTowards(current, metadata.last_column_id, wanted));
    INGOT_TRY(WithContext(iceberg::CheckFormatHas(next, metadata.format_version), "table " + home.name.Text()));
    return next;
  };
  INGOT_ASSIGN(const auto evolved, evolve(*table->metadata));
  if (evolved.SameFields(table->metadata->CurrentSchema())) return table;
  INGOT_ASSIGN(auto after, iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) -> Status {
                 INGOT_ASSIGN(auto next, evolve(metadata));
                 SetRenamedSchema(metadata, std::move(next));
                 return {};
               }));
  ReportRenamed(*table, after);
  return after;
}

Result<iceberg::Table> EvolveTable(const StageContext& context, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema) {
  INGOT_ASSIGN(const iceberg::TableHome home, context.Home(spec.table));
  // The format first: columns that are added may need it.
  const auto upgrade = [&](iceberg::TableMetadata& metadata) -> Status {
    for (const auto& [key, value] : spec.properties)
      if (key == iceberg::kFormatVersion)
        INGOT_TRY(iceberg::UpgradeFormat(metadata, std::atoi(value.c_str())));
      else
        metadata.properties[key] = value;
    return {};
  };
  if (!spec.properties.empty())
    if (auto known = iceberg::CommitMetadata(home, upgrade); !known && known.error().kind != ErrorKind::kNotFound)
      return known;
  INGOT_TRY(EnsureTable(context, spec, schema));
  return iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) -> Status {
    if (!spec.sort.empty()) INGOT_TRY(iceberg::SetSortOrder(metadata, spec.sort));
    return iceberg::SetPartition(metadata, spec.partition);
  });
}

Result<RowWriter> RowWriter::Open(const StageContext& context, const iceberg::Table& table) {
  rows::WriterOptions options = rows::WriterOptionsOf(*table.metadata);
  options.buffered_bytes_max = context.memory_bytes / 4;
  RowWriter writer;
  writer.metadata_ = table.metadata;
  INGOT_ASSIGN(writer.writer_, rows::TableWriter::Open(table.home.storage, *table.metadata, options));
  return writer;
}

RowWriter::~RowWriter() {
  if (writer_) writer_->Abandon();
}

Status RowWriter::Write(const std::shared_ptr<arrow::RecordBatch>& rows) {
  INGOT_ASSIGN(const auto aligned, rows::AlignColumns(rows, metadata_->CurrentSchema()));
  rows_ += aligned->num_rows();
  return writer_->Write(aligned);
}

Result<WrittenRows> RowWriter::Finish() {
  WrittenRows written{.files = {}, .rows = rows_};
  INGOT_ASSIGN(written.files, writer_->Finish());
  writer_.reset();
  for (const auto& file : written.files) written.bytes += file.file_bytes;
  return written;
}

Mark NextMark(const StageContext& context, const Mark& before, const iceberg::Table& source,
              iceberg::SnapshotId until) {
  return {.snapshot = until,
          .from = before.snapshot,
          .source_uuid = source.metadata->table_uuid,
          .program = INGOT_VERSION,
          .step_id = RandomUuid(),
          .run_id = context.run_id};
}

void PutMark(iceberg::SnapshotChange& change, const Mark& mark) {
  const auto properties = ToProperties(mark);
  for (const auto& [key, value] : properties) change.summary[key] = value;
  change.metadata_change = [properties](iceberg::TableMetadata& metadata) -> Status {
    PutMarks(metadata, properties);
    return {};
  };
}

iceberg::SnapshotChange MarkedChange(const iceberg::Table& table, std::vector<iceberg::DataFile> files,
                                     const Mark& mark) {
  iceberg::SnapshotChange change{.operation = "append", .added = std::move(files)};
  PutMark(change, mark);
  change.validate = [before = ConsumedSnapshot(*table.metadata), step = mark.step_id,
                     name = table.home.name.Text()](const iceberg::TableMetadata& metadata) -> Status {
    if (ConsumedSnapshot(metadata) != before)
      return Fail(ErrorKind::kConflict,
                  "another run was first: table " + name + " has consumed more of its source meanwhile");
    if (!step.empty() && iceberg::NewestSummary(metadata, kTakenBackKey) == step)
      return Fail(ErrorKind::kConflict, "another run takes this step back: table " + name);
    return {};
  };
  return change;
}

Result<iceberg::Table> CommitFiles(const iceberg::TableHome& home, const iceberg::SnapshotChange& change) {
  auto committed = iceberg::CommitSnapshot(home, change);
  if (!committed && committed.error().kind != ErrorKind::kOutcomeUnknown)
    for (const auto& file : change.added) (void)home.storage->Delete(file.location);
  return committed;
}

}  // namespace ingot::stage
