#include "rows/table_writer.h"

#include <fmt/format.h>

#include <list>
#include <map>

#include "base/metrics.h"
#include "base/row_hash.h"
#include "base/url_encoding.h"
#include "iceberg/journal.h"
#include "rows/parquet_file.h"
#include "rows/partition_split.h"
#include "storage/location.h"

namespace ingot::rows {
namespace {

/// Shortens long names, as file systems allow 255 bytes: the end is replaced by a hash. No reader parses the names.
std::string FolderName(std::string name) {
  constexpr size_t kBytesMax = 200, kHashBytes = 17;
  if (name.size() <= kBytesMax) return name;
  return name.substr(0, kBytesMax - kHashBytes) + fmt::format("-{:016x}", HashText(name, 1));
}

/// The open file of one partition.
struct PartitionWriter {
  std::vector<iceberg::Value> partition;
  std::unique_ptr<ParquetFileWriter> file;
  int64_t group_rows = 0;   // rows of the open row group
  int64_t group_bytes = 0;  // its bytes in memory
  uint64_t last_used = 0;
};

class Writer : public TableWriter {
 public:
  Writer(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata, PartitionSplitter splitter,
         WriterOptions options)
      : storage_(std::move(storage)),
        metadata_(metadata),
        splitter_(std::move(splitter)),
        options_(std::move(options)) {
    data_folder_ = metadata_.Property("write.data.path", storage::JoinLocation(metadata_.location, "data"));
    write_id_ = iceberg::NewFileName();
    ProcessMetrics().Add("ingot_open_writers");
  }
  ~Writer() override { ProcessMetrics().Add("ingot_open_writers", {}, -1); }

  Status Write(const std::shared_ptr<arrow::RecordBatch>& batch) override {
    INGOT_TRY(iceberg::AnnounceWriter(storage_, metadata_));
    INGOT_ASSIGN(auto parts, splitter_.Split(batch));
    for (PartitionedBatch& part : parts) {
      PartitionWriter& writer = WriterOf(part.partition);
      if (writer.file == nullptr) INGOT_TRY(OpenFile(writer));
      INGOT_TRY(writer.file->Write(*part.rows));
      writer.group_rows += part.rows->num_rows();
      buffered_bytes_ -= writer.group_bytes;
      writer.group_bytes = writer.file->BytesBuffered();
      buffered_bytes_ += writer.group_bytes;
      writer.last_used = ++clock_;
      if (writer.group_rows >= options_.row_group_rows_max) INGOT_TRY(EndRowGroup(writer));
    }
    while (buffered_bytes_ > options_.buffered_bytes_max) INGOT_TRY(EndRowGroup(*LargestWriter()));
    return {};
  }

  Result<std::vector<iceberg::DataFile>> Finish() override {
    for (auto& [key, writer] : writers_) INGOT_TRY(CloseFile(writer));
    writers_.clear();
    return files_;
  }

  void Abandon() override {
    writers_.clear();
    for (const std::string& location : locations_) (void)storage_->Delete(location);
  }

 private:
  PartitionWriter& WriterOf(const std::vector<iceberg::Value>& partition) {
    PartitionWriter& writer = writers_[partition];
    writer.partition = partition;
    return writer;
  }

  std::string FolderOf(const std::vector<iceberg::Value>& partition) const {
    const iceberg::PartitionSpec& spec = metadata_.DefaultSpec();
    std::string folder;
    for (size_t i = 0; i < partition.size(); ++i) {
      const iceberg::Field* source = metadata_.CurrentSchema().FindById(spec.fields[i].source_id);
      const iceberg::Type type = source ? source->type : iceberg::Type{.id = iceberg::TypeId::kInt};
      folder += FolderName(UrlEncode(spec.fields[i].name) + "=" +
                           UrlEncode(iceberg::PartitionText(spec.fields[i].transform, partition[i], type))) +
                "/";
    }
    return folder;
  }

  PartitionWriter* LargestWriter() {
    PartitionWriter* largest = nullptr;
    for (auto& [key, writer] : writers_)
      if (largest == nullptr || writer.group_bytes > largest->group_bytes) largest = &writer;
    return largest;
  }

  Status OpenFile(PartitionWriter& writer) {
    INGOT_TRY(CloseLeastRecentlyUsed());
    const std::string name = fmt::format("{}{:05}-{}.parquet", options_.name_prefix, file_number_++, write_id_);
    locations_.push_back(storage::JoinLocation(data_folder_, FolderOf(writer.partition) + name));
    INGOT_ASSIGN(writer.file,
                 ParquetFileWriter::Open(*storage_, locations_.back(), metadata_.CurrentSchema(), metadata_));
    ++open_files_;
    return {};
  }

  Status EndRowGroup(PartitionWriter& writer) {
    INGOT_TRY(writer.file->EndRowGroup());
    buffered_bytes_ -= writer.group_bytes;
    writer.group_rows = writer.group_bytes = 0;
    if (writer.file->BytesWritten() >= options_.file_bytes_target) return CloseFile(writer);
    return {};
  }

  Status CloseLeastRecentlyUsed() {
    while (open_files_ >= options_.open_files_max) {
      PartitionWriter* oldest = nullptr;
      for (auto& [key, writer] : writers_)
        if (writer.file && (oldest == nullptr || writer.last_used < oldest->last_used)) oldest = &writer;
      if (oldest == nullptr) return {};
      INGOT_TRY(CloseFile(*oldest));
    }
    return {};
  }

  Status CloseFile(PartitionWriter& writer) {
    if (writer.file == nullptr) return {};
    INGOT_ASSIGN(iceberg::DataFile file, writer.file->Close());
    writer.file.reset();
    buffered_bytes_ -= writer.group_bytes;
    writer.group_rows = writer.group_bytes = 0;
    --open_files_;
    file.partition = writer.partition;
    file.spec_id = metadata_.default_spec_id;
    file.sort_order_id = 0;
    files_.push_back(std::move(file));
    return {};
  }

  const std::shared_ptr<storage::Storage> storage_;
  const iceberg::TableMetadata metadata_;
  const PartitionSplitter splitter_;
  const WriterOptions options_;
  std::string data_folder_, write_id_;
  std::map<std::vector<iceberg::Value>, PartitionWriter, PartitionLess> writers_;
  std::vector<std::string> locations_;
  std::vector<iceberg::DataFile> files_;
  int64_t buffered_bytes_ = 0;
  int file_number_ = 0;
  size_t open_files_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace

WriterOptions WriterOptionsOf(const iceberg::TableMetadata& metadata) {
  WriterOptions options;
  options.file_bytes_target = metadata.PropertyInt("write.target-file-size-bytes", options.file_bytes_target);
  return options;
}

Result<std::unique_ptr<TableWriter>> TableWriter::Open(std::shared_ptr<storage::Storage> storage,
                                                       const iceberg::TableMetadata& metadata, WriterOptions options) {
  INGOT_TRY(iceberg::CheckWritable(metadata));
  INGOT_ASSIGN(auto splitter, PartitionSplitter::Make(metadata.DefaultSpec(), metadata.CurrentSchema()));
  return std::make_unique<Writer>(std::move(storage), metadata, std::move(splitter), std::move(options));
}

}  // namespace ingot::rows
