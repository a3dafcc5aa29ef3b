#include "stage/stage.h"

#include <fmt/format.h>
#include <version.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/random.h"
#include "iceberg/find_table.h"
#include "pipeline/definition.h"
#include "rows/scan_relation.h"
#include "stage/evolve.h"
#include "stage/fence.h"
#include "stage/marks.h"
#include "stage/position_columns.h"
#include "storage/location.h"

namespace ingot::stage {
namespace {

Result<iceberg::TableMetadata> NewMetadata(const Environment& environment, const iceberg::TableName& name,
                                           const WantedTable& wanted) {
  const pipeline::TableSpec& spec = wanted.spec;
  iceberg::Properties properties = spec.properties;
  properties.merge(iceberg::Properties{{"write.format.default", "parquet"},
                                       {"write.parquet.compression-codec", "zstd"},
                                       {"write.metadata.delete-after-commit.enabled", "true"}});
  properties[kLayoutProperty] = LayoutOf(spec);
  if (!wanted.definition.empty()) SetDefinition(properties, environment, wanted.definition);
  const std::string location =
      environment.catalog->ChoosesLocations()
          ? ""
          : storage::JoinLocation(storage::JoinLocation(environment.warehouse, name.space), name.name);
  const auto format = spec.properties.find(iceberg::kFormatVersion);
  INGOT_ASSIGN(auto metadata,
               iceberg::MakeTableMetadata(
                   {.schema = SchemaForFormat(wanted.schema,
                                              format == spec.properties.end() ? 2 : std::atoi(format->second.c_str())),
                    .partition = spec.partition,
                    .location = location,
                    .properties = properties}));
  INGOT_TRY(iceberg::SetSortOrder(metadata, spec.sort));
  return metadata;
}

}  // namespace

Result<iceberg::Table> EnsureTable(const Environment& environment, const WantedTable& wanted) {
  INGOT_ASSIGN(const iceberg::TableHome home, environment.Home(wanted.spec.table));
  INGOT_ASSIGN(std::optional<iceberg::Table> table, iceberg::FindTable(home));
  if (!table) {
    INGOT_ASSIGN(const auto metadata, NewMetadata(environment, home.name, wanted));
    auto created = iceberg::CreateTable(home, metadata);
    if (created) INGOT_TRY(FaultPoint("table.created"));
    if (!created && created.error().kind == ErrorKind::kExists) created = iceberg::LoadTable(home);
    INGOT_ASSIGN(table, std::move(created));
  }
  const auto evolve = [&](const iceberg::TableMetadata& metadata) -> Result<iceberg::Schema> {
    if (!wanted.definition.empty()) INGOT_TRY(CheckDefinition(metadata, wanted.definition, home.name.Text()));
    return WithContext(EvolvedSchema(metadata, wanted, {}), "table " + home.name.Text());
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
              iceberg::SnapshotId until, const std::string& definition) {
  return {.snapshot = until,
          .from = before.snapshot,
          .source_uuid = source.metadata->table_uuid,
          .definition_id = pipeline::DefinitionId(definition),
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
                                     const Mark& mark, const std::string& definition) {
  iceberg::SnapshotChange change{.operation = "append", .added = std::move(files)};
  PutMark(change, mark);
  change.validate = [before = ConsumedSnapshot(*table.metadata), step = mark.step_id,
                     recomputed = table.metadata->PropertyInt(kRecomputedKey, 0),
                     replay = iceberg::NewestSummary(*table.metadata, kReplayKey),
                     name = table.home.name.Text()](const iceberg::TableMetadata& metadata) -> Status {
    if (metadata.PropertyInt(kRecomputedKey, 0) != recomputed)
      return Fail(ErrorKind::kConflict, "another run was first: days of table " + name + " were recomputed meanwhile");
    if (ConsumedSnapshot(metadata) != before)
      return Fail(ErrorKind::kConflict,
                  "another run was first: table " + name + " has consumed more of its source meanwhile");
    if (!step.empty() && iceberg::NewestSummary(metadata, kRevertedKey) == step)
      return Fail(ErrorKind::kConflict, "another run reverts this step: table " + name);
    if (iceberg::NewestSummary(metadata, kReplayKey) != replay)
      return Fail(ErrorKind::kConflict, "rows were replayed meanwhile, which may have the same keys: table " + name);
    return {};
  };
  Fence(change, definition, table.home.name.Text());
  return change;
}

}  // namespace ingot::stage
