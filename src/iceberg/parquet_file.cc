#include "iceberg/parquet_file.h"

#include <arrow/api.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>

#include <cmath>
#include <type_traits>

#include "base/arrow_result.h"
#include "iceberg/parquet_body.h"
#include "iceberg/parquet_metrics.h"

namespace ingot::iceberg {
namespace {

template <typename Array>
int64_t CountNaN(const arrow::Array& column) {
  const auto* values = static_cast<const Array&>(column).raw_values();
  int64_t count = 0;
  for (int64_t row = 0; row < column.length(); ++row) count += std::isnan(values[row]);
  for (int64_t row = 0; count > 0 && column.null_count() > 0 && row < column.length(); ++row)
    count -= std::isnan(values[row]) && column.IsNull(row);
  return count;
}

/// The outcome of a call into Arrow's Parquet library, which throws where it cannot write.
template <typename Call>
std::invoke_result_t<Call> Caught(Call call) {
  try {
    return call();
  } catch (const parquet::ParquetException& error) {
    return Fail(ErrorKind::kRetry, error.what());
  }
}

class Writer : public ParquetFileWriter {
 public:
  Writer(std::string location, Schema schema, std::shared_ptr<arrow::io::OutputStream> stream,
         const TableMetadata& metadata)
      : location_(std::move(location)), schema_(std::move(schema)), stream_(std::move(stream)), metadata_(metadata) {}
  /// A file that was not closed is given up: an upload to S3 is ended, not completed.
  ~Writer() override {
    if (!stream_->closed()) (void)stream_->Abort();
  }

  Status Write(const arrow::RecordBatch& rows) override {
    if (rows.num_rows() == 0) return {};
    if (body_ == nullptr) {
      INGOT_ASSIGN(auto layout, LayOut(schema_, metadata_, rows));
      const auto make = layout.flat ? MakeFlatBody : MakeArrowBody;
      auto made = Caught([&] { return make(std::move(layout), stream_); });
      if (!made) return Told(std::unexpected(std::move(made).error()));
      body_ = std::move(*made);
    }
    for (size_t i = 0; i < schema_.fields.size(); ++i) {
      const Field& field = schema_.fields[i];
      if (field.type.id == TypeId::kDouble) nan_counts_[field.id] += CountNaN<arrow::DoubleArray>(*rows.column(int(i)));
      if (field.type.id == TypeId::kFloat) nan_counts_[field.id] += CountNaN<arrow::FloatArray>(*rows.column(int(i)));
    }
    return Told(Caught([&] { return body_->Write(rows); }));
  }

  Status EndRowGroup() override {
    return body_ == nullptr ? Status() : Told(Caught([&] { return body_->EndRowGroup(); }));
  }

  int64_t BytesHeld() const override { return body_ == nullptr ? 0 : body_->BytesHeld(); }

  int64_t BytesWritten() const override { return stream_->Tell().ValueOr(0); }

  Result<DataFile> Close() override {
    if (body_ == nullptr) return Fail(ErrorKind::kInternal, "data file " + location_ + " was closed without a row");
    auto footer = Caught([&] { return body_->Close(); });
    if (!footer) return std::unexpected(std::move(footer).error().Context("data file " + location_));
    INGOT_ARROW_ASSIGN(const int64_t bytes, stream_->Tell());
    INGOT_ARROW(stream_->Close());
    DataFile file{.location = location_, .file_bytes = bytes, .nan_counts = nan_counts_};
    INGOT_TRY(FillMetrics(**footer, schema_, file));
    return file;
  }

 private:
  Status Told(Status outcome) const {
    if (outcome) return outcome;
    return std::unexpected(std::move(outcome).error().Context("data file " + location_));
  }

  const std::string location_;
  const Schema schema_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  const TableMetadata& metadata_;
  std::unique_ptr<ParquetBody> body_;
  FieldMap<int64_t> nan_counts_;
};

}  // namespace

Result<std::unique_ptr<ParquetFileWriter>> ParquetFileWriter::Open(storage::Storage& storage, std::string location,
                                                                   const Schema& schema,
                                                                   const TableMetadata& metadata) {
  INGOT_TRY(CheckCodec(metadata));
  INGOT_ASSIGN(auto stream, storage.OpenOutput(location));
  return std::make_unique<Writer>(std::move(location), schema, std::move(stream), metadata);
}

}  // namespace ingot::iceberg
