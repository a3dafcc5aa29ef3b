#include "rows/parquet_file.h"

#include <arrow/api.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>

#include <cmath>
#include <type_traits>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "parquet/parquet_error.h"
#include "parquet/writer.h"
#include "rows/parquet_metrics.h"
#include "rows/parquet_options.h"
#include "rows/variant.h"

namespace ingot::rows {
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

/// Calls Arrow's Parquet library and converts its exceptions to errors.
template <typename Call>
std::invoke_result_t<Call> Caught(Call call) {
  try {
    return call();
  } catch (const parquet::ParquetException& error) {
    return std::unexpected(parquet_format::FromParquet(error));
  }
}

class Writer : public ParquetFileWriter {
 public:
  Writer(std::string location, iceberg::Schema schema, std::shared_ptr<arrow::io::OutputStream> stream,
         parquet_format::LayoutOptions options)
      : location_(std::move(location)),
        schema_(std::move(schema)),
        stream_(std::move(stream)),
        options_(std::move(options)) {}
  /// Aborts the upload if the file was not closed.
  ~Writer() override {
    if (!stream_->closed()) (void)stream_->Abort();
  }

  Status Write(const arrow::RecordBatch& rows) override {
    if (rows.num_rows() == 0) return {};
    if (body_ == nullptr) {
      INGOT_ASSIGN(auto file_schema, FileSchemaOf(schema_));
      INGOT_ASSIGN(auto layout, parquet_format::ChooseLayout(std::move(file_schema), options_, rows));
      const auto make = layout.flat ? parquet_format::MakeFlatWriter : parquet_format::MakeArrowWriter;
      auto made = Caught([&] { return make(std::move(layout), stream_); });
      if (!made) return WithFileName(std::unexpected(std::move(made).error()));
      body_ = std::move(*made);
    }
    for (size_t i = 0; i < schema_.fields.size(); ++i) {
      const iceberg::Field& field = schema_.fields[i];
      if (field.type.id == iceberg::TypeId::kDouble)
        nan_counts_[field.id] += CountNaN<arrow::DoubleArray>(*rows.column(int(i)));
      if (field.type.id == iceberg::TypeId::kFloat)
        nan_counts_[field.id] += CountNaN<arrow::FloatArray>(*rows.column(int(i)));
    }
    INGOT_ASSIGN(const auto encoded, WithVariants(rows));
    return WithFileName(Caught([&] { return body_->Write(encoded ? *encoded : rows); }));
  }

  Status EndRowGroup() override {
    return body_ == nullptr ? Status() : WithFileName(Caught([&] { return body_->EndRowGroup(); }));
  }

  int64_t BytesBuffered() const override { return body_ == nullptr ? 0 : body_->BytesBuffered(); }

  int64_t BytesWritten() const override { return stream_->Tell().ValueOr(0); }

  Result<iceberg::DataFile> Close() override {
    if (body_ == nullptr) return Fail(ErrorKind::kInternal, "data file " + location_ + " closed without rows");
    auto footer = Caught([&] { return body_->Close(); });
    if (!footer) return std::unexpected(std::move(footer).error().Context("data file " + location_));
    INGOT_ARROW_ASSIGN(const int64_t bytes, stream_->Tell());
    INGOT_ARROW(stream_->Close());
    iceberg::DataFile file{.location = location_, .file_bytes = bytes, .nan_counts = nan_counts_};
    INGOT_TRY(FillMetrics(**footer, schema_, file));
    return file;
  }

 private:
  /// The rows with variants, which come as JSON text, in the encoding of files; null if there are none.
  Result<std::shared_ptr<arrow::RecordBatch>> WithVariants(const arrow::RecordBatch& rows) const {
    std::shared_ptr<arrow::RecordBatch> encoded;
    for (int i = 0; i < int(schema_.fields.size()); ++i) {
      if (schema_.fields[size_t(i)].type.id != iceberg::TypeId::kVariant) continue;
      INGOT_ASSIGN(const auto column, DecodeDictionaries(rows.column(i)));
      if (column->type_id() != arrow::Type::STRING) continue;
      INGOT_ASSIGN(const auto values, EncodeVariants(static_cast<const arrow::StringArray&>(*column)));
      const auto field = rows.schema()->field(i)->WithType(values->type());
      INGOT_ARROW_ASSIGN(encoded, (encoded ? *encoded : rows).SetColumn(i, field, values));
    }
    return encoded;
  }

  Status WithFileName(Status outcome) const {
    if (outcome) return outcome;
    return std::unexpected(std::move(outcome).error().Context("data file " + location_));
  }

  const std::string location_;
  const iceberg::Schema schema_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  const parquet_format::LayoutOptions options_;
  std::unique_ptr<parquet_format::ParquetWriter> body_;
  iceberg::FieldMap<int64_t> nan_counts_;
};

}  // namespace

Result<std::unique_ptr<ParquetFileWriter>> ParquetFileWriter::Open(storage::Storage& storage, std::string location,
                                                                   const iceberg::Schema& schema,
                                                                   const iceberg::TableMetadata& metadata) {
  INGOT_ASSIGN(auto options, LayoutOptionsOf(schema, metadata));
  INGOT_ASSIGN(auto stream, storage.OpenOutput(location));
  return std::make_unique<Writer>(std::move(location), schema, std::move(stream), std::move(options));
}

}  // namespace ingot::rows
