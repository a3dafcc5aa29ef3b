#include "run/erase_records.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include <algorithm>
#include <mutex>

#include "base/arrow_result.h"
#include "base/random.h"
#include "base/rows.h"
#include "rows/arrow_schema.h"
#include "rows/scan_relation.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

/// Hidden, so that no removal of orphans takes it.
constexpr std::string_view kPrefix = ".ingot-erase-";

Result<std::shared_ptr<arrow::Schema>> PositionSchema() {
  using iceberg::TypeId;
  constexpr TypeId kTypes[] = {TypeId::kString, TypeId::kInt, TypeId::kLong, TypeId::kTimestamptz};
  iceberg::Schema schema;
  for (size_t i = 0; i < silver::PositionColumns().size(); ++i)
    schema.fields.push_back({.id = int(i) + 1, .name = silver::PositionColumns()[i], .type = {.id = kTypes[i]}});
  return rows::ToArrowSchema(schema);
}

bool HasPositions(const iceberg::Schema& schema) {
  return std::ranges::all_of(silver::PositionColumns(), [&](const std::string& name) {
    return std::ranges::find(schema.fields, name, &iceberg::Field::name) != schema.fields.end();
  });
}

}  // namespace

EraseRecords::EraseRecords(const iceberg::Table& bronze)
    : storage_(bronze.home.storage),
      folder_(MetadataFolder(*bronze.metadata)),
      positions_(std::make_unique<silver::SourcePositions>()) {}

Result<EraseRecords> EraseRecords::Load(const iceberg::Table& bronze) {
  EraseRecords records(bronze);
  INGOT_ASSIGN(const auto listed, records.storage_->List(records.folder_));
  for (const auto& file : listed) {
    const std::string name = file.location.substr(file.location.rfind('/') + 1);
    if (!name.starts_with(kPrefix)) continue;
    records.files_.push_back(file.location);
    INGOT_ASSIGN(const std::string bytes, records.storage_->ReadAll(file.location));
    const auto input = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
    INGOT_ARROW_ASSIGN(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(input));
    while (true) {
      INGOT_ARROW_ASSIGN(const Batch batch, reader->Next());
      if (batch == nullptr) break;
      INGOT_TRY(records.Add(batch));
    }
  }
  INGOT_TRY(records.Seal());
  return records;
}

Status EraseRecords::Add(const Batch& positions) {
  if (positions->num_rows() == 0) return {};
  batches_.push_back(positions);
  count_ += positions->num_rows();
  return {};
}

Status EraseRecords::Seal() {
  positions_ = std::make_unique<silver::SourcePositions>();
  for (const Batch& batch : batches_) INGOT_TRY(positions_->Add(*batch));
  positions_->Seal();
  return {};
}

Result<int64_t> EraseRecords::AddFrom(const iceberg::Table& table, const EraseCondition& condition, int threads) {
  const iceberg::Schema& schema = table.metadata->CurrentSchema();
  if (!HasPositions(schema)) return 0;
  const std::vector<std::string> columns = condition.ColumnsIn(schema);
  const bool has_bytes = std::ranges::find(columns, "_payload") != columns.end();
  INGOT_ASSIGN(
      const auto plan,
      rows::PlanScan(*table.home.storage, *table.metadata,
                     {.columns = columns, .filter = has_bytes ? iceberg::Filter{} : condition.FilterFor(schema)}));
  INGOT_ASSIGN(const auto position_schema, PositionSchema());
  std::mutex mutex;
  int64_t found = 0;
  INGOT_TRY(rows::ForEachBatch(table, plan, threads, [&](size_t, const Batch& batch) -> Status {
    INGOT_ASSIGN(const Batch plain, DecodeDictionaries(batch));
    INGOT_ASSIGN(const auto reasons, condition.ReasonsOf(*plain, nullptr));
    std::vector<bool> keep;
    for (const uint8_t reason : reasons) keep.push_back(reason != kStays);
    INGOT_ASSIGN(const Batch rows, FilterRows(plain, keep));
    if (rows->num_rows() == 0) return {};
    INGOT_ASSIGN(auto known, positions_->Find(*rows));
    known.known.flip();
    INGOT_ASSIGN(const Batch fresh, FilterRows(rows, known.known));
    std::lock_guard lock(mutex);
    found += fresh->num_rows();
    return Add(arrow::RecordBatch::Make(position_schema, fresh->num_rows(),
                                        SelectColumns(*fresh, silver::PositionColumns())->columns()));
  }));
  if (found > 0) INGOT_TRY(Seal());
  return found;
}

Status EraseRecords::Save() {
  INGOT_ASSIGN(const auto schema, PositionSchema());
  INGOT_ARROW_ASSIGN(const auto buffer, arrow::io::BufferOutputStream::Create());
  INGOT_ARROW_ASSIGN(const auto writer, arrow::ipc::MakeStreamWriter(buffer, schema));
  for (const Batch& batch : batches_) INGOT_ARROW(writer->WriteRecordBatch(*batch));
  INGOT_ARROW(writer->Close());
  INGOT_ARROW_ASSIGN(const auto bytes, buffer->Finish());
  const std::string location = storage::JoinLocation(folder_, std::string(kPrefix) + RandomUuid() + ".arrow");
  INGOT_TRY(storage_->CreateAtomic(location, std::string_view(*bytes)));
  for (const std::string& former : files_) INGOT_TRY(storage_->Delete(former));
  files_ = {location};
  return {};
}

Status EraseRecords::Delete() {
  for (const std::string& file : files_) INGOT_TRY(storage_->Delete(file));
  files_.clear();
  return {};
}

}  // namespace ingot::run
