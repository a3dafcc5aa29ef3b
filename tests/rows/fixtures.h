// Functions that create catalogs, tables and files for tests.
#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "base/arrow_result.h"
#include "iceberg/journal.h"
#include "iceberg/location_catalog.h"
#include "iceberg/table.h"
#include "rows/arrow_schema.h"
#include "rows/parquet_file.h"
#include "rows/parquet_options.h"
#include "rows/scan.h"
#include "rows/table_writer.h"

namespace ingot::rows {

/// A catalog in memory with a real compare-and-swap.
class MemoryCatalog : public iceberg::LocationCatalog {
 public:
  const std::string& Name() const override { return name_; }
  Status CreateNamespace(const std::string&) override { return {}; }
  Result<std::vector<std::string>> ListNamespaces() override { return std::vector<std::string>{}; }
  Result<std::vector<iceberg::TableName>> ListTables() override { return std::vector<iceberg::TableName>{}; }
  Result<std::string> Location(const iceberg::TableName& table) override {
    std::lock_guard lock(mutex_);
    if (!tables_.contains(table)) return Fail(ErrorKind::kNotFound, "no table");
    return tables_[table];
  }
  Status Register(const iceberg::TableName& table, const std::string& location) override {
    std::lock_guard lock(mutex_);
    if (!tables_.emplace(table, location).second) return Fail(ErrorKind::kExists, "exists");
    return {};
  }
  Status Swap(const iceberg::TableName& table, const std::string& expected, const std::string& next) override {
    std::lock_guard lock(mutex_);
    if (late_ && tables_[late_->first] == late_->second.first) tables_[late_->first] = late_->second.second;
    late_.reset();
    if (late_swaps > 0 && late_swaps-- > 0) {
      late_ = {table, {expected, next}};
      return Fail(ErrorKind::kOutcomeUnknown, "on its way");
    }
    if (lose_requests > 0 && lose_requests-- > 0) return Fail(ErrorKind::kOutcomeUnknown, "request lost");
    if (tables_[table] != expected) return Fail(ErrorKind::kConflict, "changed");
    tables_[table] = next;
    if (lose_answers > 0 && lose_answers-- > 0) return Fail(ErrorKind::kOutcomeUnknown, "answer lost");
    return {};
  }
  Status Drop(const iceberg::TableName& table) override {
    return tables_.erase(table) ? Status() : Fail(ErrorKind::kNotFound, "");
  }

  int lose_answers = 0;   // swaps that succeed, but whose answer is lost
  int lose_requests = 0;  // swaps that are never performed
  int late_swaps = 0;     // swaps that are performed just before the next one

 private:
  std::string name_ = "memory";
  std::mutex mutex_;
  std::map<iceberg::TableName, std::string> tables_;
  std::optional<std::pair<iceberg::TableName, std::pair<std::string, std::string>>> late_;
};

inline iceberg::Schema EventSchema() {
  return {.schema_id = 0,
          .fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}, .required = true},
                     {.id = 2, .name = "at", .type = {.id = iceberg::TypeId::kTimestamptz}},
                     {.id = 3, .name = "place", .type = {.id = iceberg::TypeId::kString}},
                     {.id = 4, .name = "speed", .type = {.id = iceberg::TypeId::kDouble}}},
          .identifier_field_ids = {}};
}

inline iceberg::Table MakeTable(std::shared_ptr<storage::Storage> storage, std::shared_ptr<iceberg::Catalog> catalog,
                                std::vector<std::pair<std::string, iceberg::Transform>> partition = {},
                                iceberg::Properties properties = {}, std::string location = "file:///w/t",
                                iceberg::TableName name = {"n", "t"}) {
  const auto metadata = iceberg::MakeTableMetadata({.schema = EventSchema(),
                                                    .partition = std::move(partition),
                                                    .location = std::move(location),
                                                    .properties = std::move(properties)});
  return *iceberg::CreateTable({std::move(catalog), std::move(storage), std::move(name)}, *metadata);
}

/// Rows with ids [begin, end): one row per minute from 2024-01-01, places p0 to p4, speed = id / 2.
inline std::shared_ptr<arrow::RecordBatch> Events(int64_t begin, int64_t end,
                                                  const iceberg::Schema& schema = EventSchema()) {
  arrow::Int64Builder id;
  arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::default_memory_pool());
  arrow::StringBuilder place;
  arrow::DoubleBuilder speed;
  for (int64_t i = begin; i < end; ++i) {
    (void)id.Append(i);
    (void)at.Append(1'704'067'200'000'000 + i * 60'000'000);
    (void)place.Append("p" + std::to_string(i % 5));
    (void)speed.Append(double(i) / 2);
  }
  return arrow::RecordBatch::Make(*ToArrowSchema(schema), end - begin,
                                  {*id.Finish(), *at.Finish(), *place.Finish(), *speed.Finish()});
}

/// The Parquet layout that a writer of the table chooses.
inline Result<parquet_format::ParquetLayout> LayoutOf(const iceberg::Schema& schema,
                                                      const iceberg::TableMetadata& metadata,
                                                      const arrow::RecordBatch& sample) {
  INGOT_ASSIGN(auto file_schema, FileSchemaOf(schema));
  INGOT_ASSIGN(const auto options, LayoutOptionsOf(schema, metadata));
  return parquet_format::ChooseLayout(std::move(file_schema), options, sample);
}

inline std::vector<iceberg::DataFile> WriteEvents(const iceberg::Table& table, int64_t begin, int64_t end,
                                                  WriterOptions options = {}) {
  auto writer = *TableWriter::Open(table.home.storage, *table.metadata, options);
  EXPECT_TRUE(writer->Write(Events(begin, end, table.metadata->CurrentSchema())));
  return *writer->Finish();
}

inline iceberg::Table Append(const iceberg::Table& table, int64_t begin, int64_t end) {
  auto committed = iceberg::CommitSnapshot(table.home, {.added = WriteEvents(table, begin, end)});
  EXPECT_TRUE(committed) << committed.error().message;
  return *committed;
}

/// An equality delete file for these ids.
inline iceberg::DataFile DeleteIds(const iceberg::Table& table, const std::vector<int64_t>& ids,
                                   const std::vector<iceberg::Value>& partition = {}) {
  const iceberg::Schema schema{
      .schema_id = 0, .fields = {table.metadata->CurrentSchema().fields[0]}, .identifier_field_ids = {}};
  arrow::Int64Builder builder;
  for (const int64_t id : ids) (void)builder.Append(id);
  const auto rows = arrow::RecordBatch::Make(*ToArrowSchema(schema), int64_t(ids.size()), {*builder.Finish()});
  auto writer = *ParquetFileWriter::Open(
      *table.home.storage, "file:///w/t/data/delete-" + iceberg::NewFileName() + ".parquet", schema, *table.metadata);
  EXPECT_TRUE(writer->Write(*rows));
  iceberg::DataFile file = *writer->Close();
  file.content = iceberg::FileContent::kEqualityDeletes;
  file.equality_ids = {1};
  file.spec_id = table.metadata->default_spec_id;
  file.partition = partition;
  return file;
}

/// The live data files, by value, as a loop over a member of a temporary would outlive it.
inline std::vector<FileTask> Tasks(const iceberg::Table& table) {
  auto plan = PlanScan(*table.home.storage, *table.metadata, {});
  EXPECT_TRUE(plan) << plan.error().message;
  return std::move(plan->tasks);
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// Test data of other projects. Empty if it is missing; then the test is skipped with a message.
inline std::filesystem::path PeerData() {
  const char* folder = std::getenv("INGOT_PEER_DATA");
  const std::filesystem::path path = folder ? folder : std::string(INGOT_SOURCE_DIR) + "/../shared/data/peers";
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}
#define INGOT_NEED_PEER_DATA() \
  if (ingot::rows::PeerData().empty()) GTEST_SKIP() << "PEER DATA IS MISSING: set INGOT_PEER_DATA"

/// Reads all rows of a plan, task by task.
inline Result<std::shared_ptr<arrow::Table>> ReadRows(std::shared_ptr<storage::Storage> storage,
                                                      const iceberg::TableMetadata& metadata, const ScanPlan& plan) {
  INGOT_ASSIGN(const auto schema, ToArrowSchema(plan.projection));
  arrow::RecordBatchVector batches;
  for (const FileTask& task : plan.tasks) {
    INGOT_ASSIGN(const auto reader, OpenTask(storage, metadata, plan.projection, task));
    while (true) {
      INGOT_ARROW_ASSIGN(auto batch, reader->Next());
      if (batch == nullptr) break;
      batches.push_back(std::move(batch));
    }
  }
  INGOT_ARROW_ASSIGN(auto table, arrow::Table::FromRecordBatches(schema, batches));
  return table;
}

}  // namespace ingot::rows
