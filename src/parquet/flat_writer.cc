#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/parallel.h>
#include <arrow/util/thread_pool.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <mutex>

#include "base/arrow_result.h"
#include "parquet/column_chunk.h"
#include "parquet/footer.h"
#include "parquet/parquet_error.h"
#include "parquet/writer.h"

namespace ingot::parquet_format {
namespace {

class FlatWriter : public ParquetWriter {
 public:
  FlatWriter(ParquetLayout layout, std::shared_ptr<arrow::io::OutputStream> stream)
      : layout_(std::move(layout)),
        stream_(std::move(stream)),
        footer_(parquet::FileMetaDataBuilder::Make(layout_.descriptor.get(), layout_.properties)) {
    for (int i = 0; i < layout_.descriptor->num_columns(); ++i)
      chunks_.push_back(ColumnChunk::Make(*layout_.descriptor->Column(i), *layout_.properties,
                                          StorageType(*layout_.schema->field(i)->type())));
  }

  Status Start() {
    INGOT_ARROW(stream_->Write(parquet::kParquetMagic, sizeof parquet::kParquetMagic));
    return {};
  }

  Status Write(const arrow::RecordBatch& rows) override {
    Status outcome;
    std::mutex mutex;
    INGOT_ARROW(arrow::internal::ParallelFor(int(chunks_.size()), [&](int i) {
      if (auto appended = chunks_[size_t(i)]->Append(*rows.column(i)); !appended) {
        std::lock_guard lock(mutex);
        outcome = std::move(appended);
      }
      return arrow::Status::OK();
    }));
    rows_ += rows.num_rows();
    return outcome;
  }

  Status EndRowGroup() override {
    if (rows_ == 0) return {};
    try {
      parquet::RowGroupMetaDataBuilder* group = footer_->AppendRowGroup();
      int64_t bytes = 0;
      for (size_t i = 0; i < chunks_.size(); ++i) {
        INGOT_ASSIGN(const int64_t written,
                     chunks_[i]->Finish(stream_, *group->NextColumnChunk(), groups_, int16_t(i)));
        bytes += written;
      }
      group->set_num_rows(rows_);
      group->Finish(bytes, groups_++);
    } catch (const parquet::ParquetException& error) {
      return std::unexpected(FromParquet(error));
    }
    rows_ = 0;
    return {};
  }

  int64_t BytesBuffered() const override {
    int64_t bytes = 0;
    for (const auto& chunk : chunks_) bytes += chunk->BytesBuffered();
    return bytes;
  }

  Result<std::shared_ptr<parquet::FileMetaData>> Close() override {
    INGOT_TRY(EndRowGroup());
    try {
      std::shared_ptr<parquet::FileMetaData> footer = footer_->Finish();
      INGOT_ARROW_ASSIGN(const auto end, arrow::io::BufferOutputStream::Create());
      parquet::WriteFileMetaData(*footer, end.get());
      INGOT_ARROW_ASSIGN(const auto bytes, end->Finish());
      INGOT_ARROW(stream_->Write(AddFooterChecksum(std::string_view(*bytes))));
      return footer;
    } catch (const parquet::ParquetException& error) {
      return std::unexpected(FromParquet(error));
    }
  }

 private:
  const ParquetLayout layout_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  const std::unique_ptr<parquet::FileMetaDataBuilder> footer_;
  std::vector<std::unique_ptr<ColumnChunk>> chunks_;
  int64_t rows_ = 0;  // of the open row group
  int16_t groups_ = 0;
};

}  // namespace

Result<std::unique_ptr<ParquetWriter>> MakeFlatWriter(ParquetLayout layout,
                                                      std::shared_ptr<arrow::io::OutputStream> stream) {
  auto writer = std::make_unique<FlatWriter>(std::move(layout), std::move(stream));
  INGOT_TRY(writer->Start());
  return writer;
}

}  // namespace ingot::parquet_format
