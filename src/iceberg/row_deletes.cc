#include "iceberg/row_deletes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "iceberg/arrow_schema.h"
#include "iceberg/deletion_vector.h"
#include "iceberg/metadata_columns.h"

namespace ingot::iceberg {
namespace {

/// A row's key: for each column a null mark, or its length and bytes.
void AppendKey(std::string& key, const Value& value, const Type& type) {
  if (IsNull(value)) {
    key += '\0';
    return;
  }
  // -0.0 and 0.0 are one value.
  Value plain = value;
  if (auto* number = std::get_if<double>(&plain); number && *number == 0) *number = 0;
  if (auto* number = std::get_if<float>(&plain); number && *number == 0) *number = 0;
  const std::string bytes = SerializeValue(plain, type);
  const uint32_t length = uint32_t(bytes.size());
  key += '\1';
  key.append(reinterpret_cast<const char*>(&length), sizeof length);
  key += bytes;
}

/// Calls `use` with each batch of a delete file.
template <typename Use>
Status ForEachBatch(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata, const Schema& columns,
                    const DataFile& file, Use use) {
  INGOT_ASSIGN(const auto reader, OpenTask(std::move(storage), metadata, columns,
                                           FileTask{.file = file, .sequence_number = 0, .deletes = {}}));
  while (true) {
    INGOT_ARROW_ASSIGN(const auto batch, reader->Next());
    if (batch == nullptr) return {};
    use(*batch);
  }
}

}  // namespace

Status RowDeletes::ReadVector(storage::Storage& storage, const DataFile& vector, int64_t rows) {
  INGOT_ASSIGN(const auto file, storage.OpenInput(vector.location));
  INGOT_ARROW_ASSIGN(const int64_t bytes, file->GetSize());
  if (*vector.content_offset < 0 || *vector.content_size_bytes < 0 ||
      *vector.content_size_bytes > bytes - *vector.content_offset)
    return Fail(ErrorKind::kCorrupt,
                fmt::format("deletion vector: {} bytes from byte {} of {}, which has {}", *vector.content_size_bytes,
                            *vector.content_offset, vector.location, bytes));
  INGOT_ARROW_ASSIGN(const auto blob, file->ReadAt(*vector.content_offset, *vector.content_size_bytes));
  auto positions = DecodeDeletionVector(std::string_view(*blob), rows);
  if (positions && int64_t(positions->size()) != vector.record_count)
    positions = Fail(ErrorKind::kCorrupt, fmt::format("deletion vector: {} positions where the manifest says {}",
                                                      positions->size(), vector.record_count));
  if (!positions)
    return Fail(positions.error().kind, fmt::format("{} (at byte {} of {})", positions.error().message,
                                                    *vector.content_offset, vector.location));
  positions_.insert(positions_.end(), positions->begin(), positions->end());
  return {};
}

Status ForEachDeletedPosition(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata,
                              const DataFile& file, const std::function<void(std::string_view, int64_t)>& use) {
  return ForEachBatch(std::move(storage), metadata, PositionDeleteSchema(), file, [&](const arrow::RecordBatch& batch) {
    const auto& paths = static_cast<const arrow::StringArray&>(*batch.column(0));
    const auto& positions = static_cast<const arrow::Int64Array&>(*batch.column(1));
    for (int64_t row = 0; row < batch.num_rows(); ++row) use(paths.GetView(row), positions.Value(row));
  });
}

Status RowDeletes::ReadEqualities(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata,
                                  const DataFile& file) {
  Schema columns;
  for (const FieldId id : file.equality_ids) {
    const Field* field = metadata.CurrentSchema().FindById(id);
    for (auto schema = metadata.schemas.rbegin(); field == nullptr && schema != metadata.schemas.rend(); ++schema)
      field = schema->FindById(id);
    if (field == nullptr || field->type.IsNested())
      return Fail(ErrorKind::kUnsupported,
                  fmt::format("equality deletes on field {} cannot be applied: {}", id, file.location));
    Field optional = *field;
    optional.required = false;
    columns.fields.push_back(std::move(optional));
  }
  auto known = std::ranges::find(equalities_, file.equality_ids, &Equality::columns);
  if (known == equalities_.end())
    known = equalities_.insert(equalities_.end(), {.columns = file.equality_ids, .keys = {}});
  return ForEachBatch(std::move(storage), metadata, columns, file, [&](const arrow::RecordBatch& batch) {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      std::string key;
      for (size_t i = 0; i < columns.fields.size(); ++i)
        AppendKey(key, CellValue(*batch.column(int(i)), row, columns.fields[i].type), columns.fields[i].type);
      known->keys.insert(std::move(key));
    }
  });
}

Result<RowDeletes> RowDeletes::Read(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata,
                                    const FileTask& task) {
  RowDeletes deletes;
  for (const DataFile& file : task.deletes) {
    if (file.IsDeletionVector())
      INGOT_TRY(deletes.ReadVector(*storage, file, task.file.record_count));
    else if (file.content == FileContent::kPositionDeletes)
      INGOT_TRY(ForEachDeletedPosition(storage, metadata, file, [&](std::string_view path, int64_t position) {
        if (path == task.file.location) deletes.positions_.push_back(position);
      }));
    else
      INGOT_TRY(deletes.ReadEqualities(storage, metadata, file));
  }
  std::ranges::sort(deletes.positions_);
  return deletes;
}

std::vector<FieldId> RowDeletes::NeededColumns() const {
  std::vector<FieldId> needed;
  for (const Equality& equality : equalities_)
    needed.insert(needed.end(), equality.columns.begin(), equality.columns.end());
  return needed;
}

Status RowDeletes::Apply(const arrow::RecordBatch& batch, const Schema& columns, int64_t first_position,
                         std::vector<bool>& keep) const {
  const auto begin = std::ranges::lower_bound(positions_, first_position);
  for (auto it = begin; it != positions_.end() && *it < first_position + batch.num_rows(); ++it)
    keep[size_t(*it - first_position)] = false;
  for (const Equality& equality : equalities_) {
    std::vector<std::pair<int, Type>> sources;
    for (const FieldId id : equality.columns) {
      const auto field = std::ranges::find(columns.fields, id, &Field::id);
      if (field == columns.fields.end())
        return Fail(ErrorKind::kUnsupported, fmt::format("equality deletes on nested field {} cannot be applied", id));
      sources.emplace_back(int(field - columns.fields.begin()), field->type);
    }
    std::string key;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      key.clear();
      for (const auto& [column, type] : sources) AppendKey(key, CellValue(*batch.column(column), row, type), type);
      if (equality.keys.contains(key)) keep[size_t(row)] = false;
    }
  }
  return {};
}

}  // namespace ingot::iceberg
