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

/// File systems take names of up to 255 bytes: of longer ones the end is a hash. Nothing is read from the names.
std::string FolderName(std::string name) {
  constexpr size_t kBytesMax = 200, kHashBytes = 17;
  if (name.size() <= kBytesMax) return name;
  return name.substr(0, kBytesMax - kHashBytes) + fmt::format("-{:016x}", HashText(name, 1));
}

/// Rows of one partition on their way into files.
struct Lane {
  std::vector<iceberg::Value> partition;
  std::unique_ptr<ParquetFileWriter> file;
  int64_t group_rows = 0;   // of the row group that is open
  int64_t group_bytes = 0;  // that it holds in memory
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
      Lane& lane = LaneOf(part.partition);
      if (lane.file == nullptr) INGOT_TRY(OpenFile(lane));
      INGOT_TRY(lane.file->Write(*part.rows));
      lane.group_rows += part.rows->num_rows();
      buffered_bytes_ -= lane.group_bytes;
      lane.group_bytes = lane.file->BytesHeld();
      buffered_bytes_ += lane.group_bytes;
      lane.last_used = ++clock_;
      if (lane.group_rows >= options_.row_group_rows_max) INGOT_TRY(EndRowGroup(lane));
    }
    while (buffered_bytes_ > options_.buffered_bytes_max) INGOT_TRY(EndRowGroup(*FullestLane()));
    return {};
  }

  Result<std::vector<iceberg::DataFile>> Finish() override {
    for (auto& [key, lane] : lanes_) INGOT_TRY(CloseFile(lane));
    lanes_.clear();
    return files_;
  }

  void Abandon() override {
    lanes_.clear();
    for (const std::string& location : locations_) (void)storage_->Delete(location);
  }

 private:
  Lane& LaneOf(const std::vector<iceberg::Value>& partition) {
    Lane& lane = lanes_[partition];
    lane.partition = partition;
    return lane;
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

  Lane* FullestLane() {
    Lane* fullest = nullptr;
    for (auto& [key, lane] : lanes_)
      if (fullest == nullptr || lane.group_bytes > fullest->group_bytes) fullest = &lane;
    return fullest;
  }

  Status OpenFile(Lane& lane) {
    INGOT_TRY(MakeRoom());
    const std::string name = fmt::format("{}{:05}-{}.parquet", options_.name_prefix, file_number_++, write_id_);
    locations_.push_back(storage::JoinLocation(data_folder_, FolderOf(lane.partition) + name));
    INGOT_ASSIGN(lane.file,
                 ParquetFileWriter::Open(*storage_, locations_.back(), metadata_.CurrentSchema(), metadata_));
    ++open_files_;
    return {};
  }

  Status EndRowGroup(Lane& lane) {
    INGOT_TRY(lane.file->EndRowGroup());
    buffered_bytes_ -= lane.group_bytes;
    lane.group_rows = lane.group_bytes = 0;
    if (lane.file->BytesWritten() >= options_.file_bytes_target) return CloseFile(lane);
    return {};
  }

  Status MakeRoom() {
    while (open_files_ >= options_.open_files_max) {
      Lane* oldest = nullptr;
      for (auto& [key, lane] : lanes_)
        if (lane.file && (oldest == nullptr || lane.last_used < oldest->last_used)) oldest = &lane;
      if (oldest == nullptr) return {};
      INGOT_TRY(CloseFile(*oldest));
    }
    return {};
  }

  Status CloseFile(Lane& lane) {
    if (lane.file == nullptr) return {};
    INGOT_ASSIGN(iceberg::DataFile file, lane.file->Close());
    lane.file.reset();
    buffered_bytes_ -= lane.group_bytes;
    lane.group_rows = lane.group_bytes = 0;
    --open_files_;
    file.partition = lane.partition;
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
  std::map<std::vector<iceberg::Value>, Lane, PartitionLess> lanes_;
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
