// Reads ORC data files with Arrow's reader. Source: Iceberg specification, Appendix A "ORC".
#include <arrow/adapters/orc/adapter.h>
#include <arrow/api.h>

#include <algorithm>
#include <map>

#include "base/arrow_result.h"
#include "base/status_detail.h"
#include "rows/arrow_schema.h"
#include "rows/data_file_reader.h"
#include "storage/streams.h"

namespace ingot::rows {
namespace {

using arrow::adapters::orc::ORCFileReader;

constexpr int64_t kNanosInMicro = 1000;

/// Types of the table's columns by field id, including nested ones.
using WantedTypes = std::map<iceberg::FieldId, iceberg::Type>;

void AddTypes(const iceberg::Field& field, WantedTypes& types) {
  types[field.id] = field.type;
  for (const iceberg::Field& child : field.type.fields) AddTypes(child, types);
}

/// The last read of the file that failed: the library keeps the text of such an error only.
using ReadFailure = std::shared_ptr<std::optional<Error>>;

/// The outcome of a call of the library, with the kind of the read that it failed with. Damaged files let it throw more
/// than it catches itself.
template <typename Call>
auto Guarded(const ReadFailure& failure, const Call& call) -> decltype(call()) {
  auto outcome = [&]() -> decltype(call()) {
    try {
      return call();
    } catch (const std::exception& error) {
      return arrow::Status::Invalid("a damaged ORC file: ", error.what());
    }
  }();
  if (!outcome.ok() && *failure) return ToArrow(**failure);
  return outcome;
}

std::string Attribute(const arrow::Field& field, const char* name) {
  return field.metadata() == nullptr ? "" : field.metadata()->Get(name).ValueOr("");
}

/// The field with its Iceberg id, an ORC attribute, in the place where Parquet readers put it.
std::shared_ptr<arrow::Field> WithFieldIds(const std::shared_ptr<arrow::Field>& field) {
  auto type = field->type();
  if (type->id() == arrow::Type::STRUCT) {
    arrow::FieldVector children;
    for (const auto& child : type->fields()) children.push_back(WithFieldIds(child));
    type = arrow::struct_(std::move(children));
  } else if (type->id() == arrow::Type::LIST) {
    type = arrow::list(WithFieldIds(type->field(0)));
  } else if (type->id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(*type);
    type = std::make_shared<arrow::MapType>(WithFieldIds(map.key_field()), WithFieldIds(map.item_field()));
  }
  const std::string id = Attribute(*field, "iceberg.id");
  auto metadata =
      field->metadata() == nullptr ? std::make_shared<arrow::KeyValueMetadata>() : field->metadata()->Copy();
  if (!id.empty()) metadata->Append("PARQUET:field_id", id);
  return field->WithType(type)->WithMetadata(metadata);
}

/// Converts ORC's nanoseconds to microseconds, rounded down like Iceberg's ORC writers.
std::shared_ptr<arrow::Array> ToMicros(const arrow::TimestampArray& nanos) {
  arrow::TimestampBuilder micros(
      arrow::timestamp(arrow::TimeUnit::MICRO, static_cast<const arrow::TimestampType&>(*nanos.type()).timezone()),
      arrow::default_memory_pool());
  (void)micros.Reserve(nanos.length());
  for (int64_t row = 0; row < nanos.length(); ++row) {
    const int64_t value = nanos.IsNull(row) ? 0 : nanos.Value(row);
    const int64_t down = value % kNanosInMicro < 0 ? value / kNanosInMicro - 1 : value / kNanosInMicro;
    nanos.IsNull(row) ? micros.UnsafeAppendNull() : micros.UnsafeAppend(down);
  }
  return *micros.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> ToFixed(const arrow::BinaryArray& bytes, int width,
                                                     const std::string& name) {
  arrow::FixedSizeBinaryBuilder fixed(arrow::fixed_size_binary(width));
  ARROW_RETURN_NOT_OK(fixed.Reserve(bytes.length()));
  for (int64_t row = 0; row < bytes.length(); ++row) {
    if (bytes.IsValid(row) && bytes.value_length(row) != width)
      return arrow::Status::Invalid("column ", name, " has a value of ", bytes.value_length(row),
                                    " bytes, but its type has ", width);
    bytes.IsValid(row) ? fixed.UnsafeAppend(bytes.GetView(row)) : fixed.UnsafeAppendNull();
  }
  return fixed.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> ConvertLeaf(const std::shared_ptr<arrow::Array>& array,
                                                         const arrow::Field& field, const WantedTypes& types) {
  const auto wanted = types.find(FieldIdOf(field));
  const iceberg::TypeId id = wanted == types.end() ? iceberg::TypeId::kUnknown : wanted->second.id;
  switch (array->type_id()) {
    case arrow::Type::TIMESTAMP:
      if (id == iceberg::TypeId::kTimestampNs || id == iceberg::TypeId::kTimestamptzNs) return array;
      return ToMicros(static_cast<const arrow::TimestampArray&>(*array));
    case arrow::Type::INT64:
      if (id == iceberg::TypeId::kTime) return array->View(arrow::time64(arrow::TimeUnit::MICRO));
      return array;
    case arrow::Type::BINARY:
      if (id != iceberg::TypeId::kUuid && id != iceberg::TypeId::kFixed) return array;
      return ToFixed(static_cast<const arrow::BinaryArray&>(*array),
                     id == iceberg::TypeId::kUuid ? 16 : wanted->second.length, field.name());
    default:
      return array;
  }
}

/// Converts types that ORC does not have to those of the table, at every nesting level.
arrow::Result<std::shared_ptr<arrow::Array>> Convert(const std::shared_ptr<arrow::Array>& array,
                                                     const arrow::Field& field, const WantedTypes& types) {
  if (field.type()->num_fields() == 0 || field.type()->num_fields() != array->type()->num_fields())
    return ConvertLeaf(array, field, types);
  auto data = array->data()->Copy();
  arrow::FieldVector fields;
  for (int i = 0; i < field.type()->num_fields(); ++i) {
    const auto child = arrow::MakeArray(data->child_data[size_t(i)]);
    ARROW_ASSIGN_OR_RAISE(const auto converted, Convert(child, *field.type()->field(i), types));
    data->child_data[size_t(i)] = converted->data();
    fields.push_back(field.type()->field(i)->WithType(converted->type()));
  }
  switch (array->type_id()) {
    case arrow::Type::STRUCT:
      data->type = arrow::struct_(fields);
      return arrow::MakeArray(data);
    case arrow::Type::LIST:
      data->type = arrow::list(fields[0]);
      return arrow::MakeArray(data);
    case arrow::Type::MAP:
      data->type = std::make_shared<arrow::MapType>(fields[0]);
      return arrow::MakeArray(data);
    default:
      return array;
  }
}

class OrcBatches : public arrow::RecordBatchReader {
 public:
  OrcBatches(std::shared_ptr<ORCFileReader> file, ReadFailure failure, const std::vector<FileColumn>& columns)
      : file_(std::move(file)), failure_(std::move(failure)) {
    for (const FileColumn& column : columns) {
      indices_.push_back(column.index);
      fields_.push_back(column.field);
      AddTypes(column.wanted, types_);
    }
    schema_ = arrow::schema(fields_);
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    return Guarded(failure_, [&] { return Next(out); });
  }

 private:
  arrow::Status Next(std::shared_ptr<arrow::RecordBatch>* out) {
    std::shared_ptr<arrow::RecordBatch> raw;
    while (raw == nullptr) {
      if (stripe_ == nullptr) {
        ARROW_ASSIGN_OR_RAISE(stripe_, file_->NextStripeReader(kBatchRows, indices_));
        if (stripe_ == nullptr) return arrow::Status::OK();
      }
      ARROW_RETURN_NOT_OK(stripe_->ReadNext(&raw));
      if (raw == nullptr) stripe_.reset();
    }
    if (raw->num_columns() != int(fields_.size()))
      return arrow::Status::Invalid("damaged ORC file: columns are missing");
    ARROW_RETURN_NOT_OK(raw->ValidateFull());
    arrow::ArrayVector arrays;
    arrow::FieldVector fields;
    for (size_t i = 0; i < fields_.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto array, Convert(raw->column(int(i)), *fields_[i], types_));
      fields.push_back(fields_[i]->WithType(array->type()));
      arrays.push_back(std::move(array));
    }
    *out = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), raw->num_rows(), std::move(arrays));
    return arrow::Status::OK();
  }

  const std::shared_ptr<ORCFileReader> file_;
  const ReadFailure failure_;
  std::vector<int> indices_;
  arrow::FieldVector fields_;
  WantedTypes types_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatchReader> stripe_;
};

class OrcReader : public DataFileReader {
 public:
  OrcReader(std::shared_ptr<ORCFileReader> file, ReadFailure failure, std::shared_ptr<arrow::Schema> schema)
      : file_(std::move(file)), failure_(std::move(failure)), schema_(std::move(schema)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  std::optional<int64_t> row_count() const override { return file_->NumberOfRows(); }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const std::vector<FileColumn>& columns) override {
    if (columns.empty()) return CountRows(file_->NumberOfRows());
    return std::make_shared<OrcBatches>(file_, failure_, columns);
  }

 private:
  const std::shared_ptr<ORCFileReader> file_;
  const ReadFailure failure_;
  const std::shared_ptr<arrow::Schema> schema_;
};

Result<std::unique_ptr<DataFileReader>> Open(storage::Storage& storage, const FileTask& task) {
  INGOT_ASSIGN(auto stored, storage.OpenInput(task.file.location));
  const auto failure = std::make_shared<std::optional<Error>>();
  const auto input = storage::RecordErrors(std::move(stored), failure);
  INGOT_ARROW_ASSIGN(std::shared_ptr<ORCFileReader> file,
                     Guarded(failure, [&] { return ORCFileReader::Open(input, arrow::default_memory_pool()); }));
  INGOT_ARROW_ASSIGN(const auto schema, Guarded(failure, [&] { return file->ReadSchema(); }));
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) fields.push_back(WithFieldIds(field));
  return std::make_unique<OrcReader>(std::move(file), failure, arrow::schema(std::move(fields)));
}

}  // namespace

Result<std::unique_ptr<DataFileReader>> OpenOrcFile(storage::Storage& storage, const FileTask& task) {
  return WithContext(Open(storage, task), "data file " + task.file.location);
}

}  // namespace ingot::rows
