#include "maintain/scrub.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "maintain/needed_files.h"
#include "rows/data_file_reader.h"
#include "rows/row_deletes.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using rows::FileTask;

constexpr int64_t kPieceBytes = 4 << 20;

/// Reads every byte, since a disk detects unreadable sectors only when they are read.
Status ReadBytes(storage::Storage& storage, const DataFile& file) {
  INGOT_ASSIGN(const auto input, storage.OpenInput(file.location));
  INGOT_ARROW_ASSIGN(const int64_t bytes, input->GetSize());
  if (bytes != file.file_bytes && !file.IsDeletionVector())
    return Fail(ErrorKind::kCorrupt, fmt::format("it has {} bytes, but the manifest says {}", bytes, file.file_bytes));
  for (int64_t at = 0; at < bytes; at += kPieceBytes) {
    INGOT_ARROW_ASSIGN(const auto piece, input->ReadAt(at, std::min(kPieceBytes, bytes - at)));
    if (piece->size() != std::min(kPieceBytes, bytes - at))
      return Fail(ErrorKind::kCorrupt, fmt::format("it ends after {} bytes", at + piece->size()));
  }
  return {};
}

/// Decodes all columns of the file, including those that the table has dropped.
Status ReadValues(storage::Storage& storage, const DataFile& file) {
  INGOT_ASSIGN(const auto reader, rows::OpenDataFile(storage, FileTask{.file = file}));
  std::vector<rows::FileColumn> columns;
  const auto schema = reader->schema();
  for (int i = 0; i < schema->num_fields(); ++i)
    columns.push_back({.index = i, .field = schema->field(i), .wanted = {.name = schema->field(i)->name()}});
  INGOT_ASSIGN(const auto batches, reader->Read(columns));
  int64_t rows = 0;
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (const auto status = batches->ReadNext(&batch); !status.ok()) return std::unexpected(FromArrow(status));
    if (batch == nullptr) break;
    rows += batch->num_rows();
  }
  if (file.record_count >= 0 && rows != file.record_count)
    return Fail(ErrorKind::kCorrupt, fmt::format("it has {} rows, but the manifest says {}", rows, file.record_count));
  return {};
}

class Scrubber {
 public:
  Scrubber(const iceberg::Table& table, const std::function<void(int64_t)>& read) : table_(table), read_(read) {}

  Result<Scrubbed> Run() {
    INGOT_ASSIGN(const auto plan, rows::PlanScan(*table_.home.storage, *table_.metadata, {}));
    std::map<std::string, DataFile> files;  // without duplicates
    for (const FileTask& task : plan.tasks) {
      rows_of_[task.file.location] = task.file.record_count;
      files.emplace(task.file.Key(), task.file);
    }
    for (const DataFile& file : plan.deletes) files.emplace(file.Key(), file);
    std::vector<const DataFile*> all;
    for (const auto& [key, file] : files) all.push_back(&file);
    INGOT_TRY(ForEachInParallel(kStorageThreads, all.size(), [&](size_t, size_t i) -> Status {
      Examine(*all[i]);
      return {};
    }));
    std::ranges::sort(found_.damaged, {}, &DamagedFile::location);
    std::ranges::sort(found_.not_supported, {}, &DamagedFile::location);
    return std::move(found_);
  }

 private:
  /// Whether the file is examined for the first time: a Puffin file may have many deletion vectors.
  bool IsFirstOf(const DataFile& file) {
    std::lock_guard lock(mutex_);
    return begun_.insert(file.location).second;
  }

  Status Read(const DataFile& file) {
    if (IsFirstOf(file)) INGOT_TRY(ReadBytes(*table_.home.storage, file));
    if (!file.IsDeletionVector()) return ReadValues(*table_.home.storage, file);
    const auto rows = rows_of_.find(file.referenced_data_file);
    if (rows == rows_of_.end()) return {};  // its data file was removed
    FileTask task{.file = {.location = rows->first, .record_count = rows->second}, .deletes = {file}};
    INGOT_TRY(rows::RowDeletes::Read(table_.home.storage, *table_.metadata, task));
    return {};
  }

  void Examine(const DataFile& file) {
    const Status outcome = Read(file);
    const int64_t bytes = file.IsDeletionVector() ? *file.content_size_bytes : file.file_bytes;
    std::lock_guard lock(mutex_);
    ++found_.files;
    found_.bytes += bytes;
    read_(bytes);
    if (outcome) return;
    auto& list = outcome.error().kind == ErrorKind::kUnsupported ? found_.not_supported : found_.damaged;
    const std::string& message = outcome.error().message;
    const bool names_file = message.find(file.location) != std::string::npos;
    list.push_back({file.location, names_file ? message : "data file " + file.location + ": " + message});
  }

  const iceberg::Table& table_;
  const std::function<void(int64_t)>& read_;
  std::map<std::string, int64_t> rows_of_;
  std::mutex mutex_;
  std::set<std::string> begun_;  // locations
  Scrubbed found_;
};

}  // namespace

Result<Scrubbed> ScrubTable(const iceberg::TableHome& home, const std::function<void(int64_t)>& read) {
  INGOT_ASSIGN(const iceberg::Table table, iceberg::LoadTable(home));
  return Scrubber(table, read).Run();
}

}  // namespace ingot::maintain
