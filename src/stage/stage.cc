#include "stage/stage.h"

#include <fmt/format.h>
#include <version.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/random.h"
#include "iceberg/find_table.h"
#include "iceberg/schema_change.h"
#include "rows/scan_relation.h"
#include "stage/marks.h"
#include "stage/position_columns.h"
#include "storage/location.h"

namespace ingot::stage {
namespace {

/// Tables of format 2 have no defaults. The column is null in rows that are older than the column.
iceberg::Schema SchemaForFormat(iceberg::Schema schema, int32_t format_version) {
  if (format_version < 3)
    for (iceberg::Field& field : schema.fields) field.initial_default = field.write_default = "";
  return schema;
}

/// A column may be wider than its field if another engine widened it. A pipeline file that narrows a field is an error,
/// because its values differ.
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

Result<iceberg::TableMetadata> NewMetadata(const Environment& environment, const iceberg::TableName& name,
                                           const pipeline::TableSpec& spec, const iceberg::Schema& schema) {
  iceberg::Properties properties = spec.properties;
  properties.merge(iceberg::Properties{{"write.format.default", "parquet"},
                                       {"write.parquet.compression-codec", "zstd"},
                                       {"write.metadata.delete-after-commit.enabled", "true"}});
  const std::string location =
      environment.catalog->ChoosesLocations()
          ? ""
          : storage::JoinLocation(storage::JoinLocation(environment.warehouse, name.space), name.name);
  const auto format = spec.properties.find(iceberg::kFormatVersion);
  INGOT_ASSIGN(
      auto metadata,
      iceberg::MakeTableMetadata(
          {.schema = SchemaForFormat(schema, format == spec.properties.end() ? 2 : std::atoi(format->second.c_str())),
           .partition = spec.partition,
           .location = location,
           .properties = properties}));
  INGOT_TRY(iceberg::SetSortOrder(metadata, spec.sort));
  return metadata;
}

}  // namespace

Result<iceberg::Table> EnsureTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema) {
  INGOT_ASSIGN(const iceberg::TableHome home, environment.Home(spec.table));
  INGOT_ASSIGN(std::optional<iceberg::Table> table, iceberg::FindTable(home));
  if (!table) {
    INGOT_ASSIGN(const auto metadata, NewMetadata(environment, home.name, spec, schema));
    auto created = iceberg::CreateTable(home, metadata);
    if (created) INGOT_TRY(FaultPoint("table.created"));
    if (!created && created.error().kind == ErrorKind::kExists) created = iceberg::LoadTable(home);
    INGOT_ASSIGN(table, std::move(created));
  }
  const auto evolve = [&](const iceberg::TableMetadata& metadata) -> Result<iceberg::Schema> {
    INGOT_TRY(WithContext(CheckNotNarrowed(metadata, schema), "table " + home.name.Text()));
    INGOT_ASSIGN(const iceberg::Schema current,
                 WithContext(RenamePositionColumns(metadata.CurrentSchema(), schema), "table " + home.name.Text()));
    const iceberg::Schema wanted =
        iceberg::KeepRequired(SchemaForFormat(schema, metadata.format_version), current, metadata.schemas);
    INGOT_ASSIGN(auto next, iceberg::EvolveTowards(current, metadata.last_column_id, wanted));
    INGOT_TRY(WithContext(iceberg::CheckFormatSupports(next, metadata.format_version), "table " + home.name.Text()));
    return next;
  };
  INGOT_ASSIGN(const auto evolved, evolve(*table->metadata));
  if (evolved.SameFields(table->metadata->CurrentSchema())) return *std::move(table);
  INGOT_ASSIGN(auto after, iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) -> Status {
                 INGOT_ASSIGN(auto next, evolve(metadata));
                 SetRenamedSchema(metadata, std::move(next));
                 return {};
               }));
  ReportRenamed(*table, after);
  return after;
}

Result<iceberg::Table> EvolveTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema) {
  INGOT_ASSIGN(const iceberg::TableHome home, environment.Home(spec.table));
  // The format is upgraded first, because new columns may need it.
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
  INGOT_TRY(EnsureTable(environment, spec, schema));
  return iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) -> Status {
    if (!spec.sort.empty()) INGOT_TRY(iceberg::SetSortOrder(metadata, spec.sort));
    return iceberg::SetPartition(metadata, spec.partition);
  });
}

Result<RowWriter> RowWriter::Open(const Environment& environment, const iceberg::Table& table) {
  rows::WriterOptions options = rows::WriterOptionsOf(*table.metadata);
  options.buffered_bytes_max = environment.memory_bytes / 4;
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

Mark NextMark(const Environment& environment, const Mark& before, const iceberg::Table& source,
              iceberg::SnapshotId until) {
  return {.snapshot = until,
          .from = before.snapshot,
          .source_uuid = source.metadata->table_uuid,
          .program = INGOT_VERSION,
          .step_id = RandomUuid(),
          .run_id = environment.run_id};
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
    if (!step.empty() && iceberg::NewestSummary(metadata, kRevertedKey) == step)
      return Fail(ErrorKind::kConflict, "another run reverts this step: table " + name);
    return {};
  };
  return change;
}

}  // namespace ingot::stage
