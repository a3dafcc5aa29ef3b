// Reads Avro data files with Ingot's own Avro reader.
#include <arrow/api.h>

#include <algorithm>

#include "avro/blocks.h"
#include "avro/columns.h"
#include "base/arrow_result.h"
#include "base/status_detail.h"
#include "rows/data_file_reader.h"

namespace ingot::rows {
namespace {

class AvroBatches : public arrow::RecordBatchReader {
 public:
  AvroBatches(avro::AvroBlocks blocks, const std::vector<FileColumn>& columns, const arrow::Schema& schema)
      : blocks_(std::move(blocks)), column_of_(blocks_.header().schema->members.size(), -1) {
    arrow::FieldVector fields;
    for (size_t i = 0; i < columns.size(); ++i) {
      column_of_[size_t(columns[i].index)] = int(i);
      fields.push_back(schema.field(columns[i].index));
    }
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
    for (const auto& field : schema_->fields()) {
      ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(field->type()));
      builders.push_back(std::move(builder));
    }
    int64_t rows = 0;
    while (rows < kBatchRows) {
      if (rows_left_ == 0) {
        if (!in_.rest.empty()) return Damaged();
        auto block = blocks_.Next();
        if (!block) return ToArrow(block.error());
        if (block->rows == 0) break;
        block_ = std::move(*block);
        in_ = avro::AvroReader{block_.bytes};
        rows_left_ = block_.rows;
      }
      ARROW_RETURN_NOT_OK(ReadRow(builders));
      --rows_left_;
      ++rows;
    }
    if (rows == 0) return arrow::Status::OK();
    arrow::ArrayVector arrays(builders.size());
    for (size_t i = 0; i < builders.size(); ++i) ARROW_RETURN_NOT_OK(builders[i]->Finish(&arrays[i]));
    *out = arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
    return (*out)->ValidateFull();
  }

 private:
  static arrow::Status Damaged() {
    return arrow::Status::Invalid("damaged Avro file: a block does not match the schema");
  }

  arrow::Status ReadRow(const std::vector<std::unique_ptr<arrow::ArrayBuilder>>& builders) {
    const avro::AvroSchema& record = *blocks_.header().schema;
    for (size_t i = 0; i < record.members.size(); ++i) {
      if (column_of_[i] < 0)
        in_.Skip(*record.members[i].schema);
      else
        ARROW_RETURN_NOT_OK(avro::AppendAvroValue(*record.members[i].schema, in_, *builders[size_t(column_of_[i])]));
    }
    return in_.failed ? Damaged() : arrow::Status::OK();
  }

  avro::AvroBlocks blocks_;
  std::vector<int> column_of_;  // column of the batches by column of the file; -1 if not read
  std::shared_ptr<arrow::Schema> schema_;
  avro::AvroBlocks::Block block_;
  avro::AvroReader in_;
  int64_t rows_left_ = 0;  // in the current block
};

class AvroFileReader : public DataFileReader {
 public:
  explicit AvroFileReader(avro::AvroBlocks blocks) : blocks_(std::move(blocks)) {}

  Status Start() {
    const avro::AvroSchema& record = *blocks_.header().schema;
    if (record.kind != avro::AvroKind::kRecord)
      return Fail(ErrorKind::kUnsupported, "Avro file whose rows are not records");
    arrow::FieldVector fields;
    for (const auto& member : record.members) {
      auto type = avro::ArrowTypeOf(*member.schema);
      unsupported_.push_back(type ? "" : type.error().message);
      fields.push_back(avro::FieldWithId(member.name, type ? *type : arrow::null(), member.field_id));
    }
    schema_ = arrow::schema(std::move(fields));
    return {};
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  std::optional<int64_t> row_count() const override { return std::nullopt; }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const std::vector<FileColumn>& columns) override {
    for (const FileColumn& column : columns)
      if (const std::string& problem = unsupported_[size_t(column.index)]; !problem.empty())
        return Fail(ErrorKind::kUnsupported, "column " + column.wanted.name + ": " + problem);
    return std::make_shared<AvroBatches>(std::move(blocks_), columns, *schema_);
  }

 private:
  avro::AvroBlocks blocks_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::string> unsupported_;  // reason by column; "" if supported
};

Result<std::unique_ptr<DataFileReader>> Open(storage::Storage& storage, const FileTask& task) {
  INGOT_ASSIGN(auto input, storage.OpenInput(task.file.location));
  INGOT_ASSIGN(auto blocks, avro::AvroBlocks::Open(std::move(input)));
  auto reader = std::make_unique<AvroFileReader>(std::move(blocks));
  INGOT_TRY(reader->Start());
  return reader;
}

}  // namespace

Result<std::unique_ptr<DataFileReader>> OpenAvroFile(storage::Storage& storage, const FileTask& task) {
  return WithContext(Open(storage, task), "data file " + task.file.location);
}

}  // namespace ingot::rows
