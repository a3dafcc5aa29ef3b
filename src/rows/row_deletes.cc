#include "rows/row_deletes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/arrow_result.h"
#include "iceberg/deletion_vector.h"
#include "iceberg/metadata_columns.h"
#include "rows/arrow_schema.h"
#include "storage/location.h"

namespace ingot::rows {
namespace {

/// Appends a value to a row's key: a null marker, or length and bytes. `type`: the type of all keys, also if the file's
/// is narrower.
void AppendKey(std::string& key, iceberg::Value value, const iceberg::Type& type) {
  if (iceberg::IsNull(value)) {
    key += '\0';
    return;
  }
  value = iceberg::PromoteValue(std::move(value), type);
  // -0.0 equals 0.0, and all NaNs are equal.
  const auto normalize = [](auto& number) {
    if (number == 0) number = 0;
    if (std::isnan(number)) number = std::numeric_limits<std::decay_t<decltype(number)>>::quiet_NaN();
  };
  if (auto* number = std::get_if<double>(&value)) normalize(*number);
  if (auto* number = std::get_if<float>(&value)) normalize(*number);
  const std::string bytes = iceberg::SerializeValue(value, type);
  const uint32_t length = uint32_t(bytes.size());
  key += '\1';
  key.append(reinterpret_cast<const char*>(&length), sizeof length);
  key += bytes;
}

/// The column of an equality delete file, in the widest type that any schema of the table gives it. Rows, delete files
/// and snapshots from before a promotion have narrower values; all are compared in that type. Dropped columns still
/// count.
Result<iceberg::Field> KeyColumn(const iceberg::TableMetadata& metadata, iceberg::FieldId id,
                                 const iceberg::DataFile& file) {
  const iceberg::Field* widest = nullptr;
  std::string nested;
  for (const iceberg::Schema& schema : metadata.schemas) {
    const auto field = std::ranges::find(schema.fields, id, &iceberg::Field::id);
    if (field == schema.fields.end()) {
      if (nested.empty()) nested = schema.NameOf(id);
    } else if (widest == nullptr || iceberg::CanPromoteOnRead(widest->type, field->type)) {
      widest = &*field;
    }
  }
  if (widest != nullptr && !widest->type.IsNested() && widest->type.id != iceberg::TypeId::kVariant) {
    iceberg::Field column = *widest;
    column.required = false;
    return column;
  }
  const std::string what = widest != nullptr
                               ? fmt::format("column {} of type {}", widest->name, iceberg::TypeName(widest->type))
                           : !nested.empty() ? "nested column " + nested
                                             : fmt::format("unknown field id {}", id);
  return Fail(
      ErrorKind::kUnsupported,
      fmt::format("equality deletes by {} are not supported: {}; compact the table with the engine that wrote them",
                  what, file.location));
}

/// Calls `use` with each batch of a delete file.
template <typename Use>
Status ForEachBatch(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                    const iceberg::Schema& columns, const iceberg::DataFile& file, Use use) {
  INGOT_ASSIGN(const auto reader, OpenTask(std::move(storage), metadata, columns,
                                           FileTask{.file = file, .sequence_number = 0, .deletes = {}}));
  while (true) {
    INGOT_ARROW_ASSIGN(const auto batch, reader->Next());
    if (batch == nullptr) return {};
    use(*batch);
  }
}

}  // namespace

Status RowDeletes::ReadVector(storage::Storage& storage, const iceberg::DataFile& vector, int64_t rows) {
  INGOT_ASSIGN(const auto file, storage.OpenInput(vector.location));
  INGOT_ARROW_ASSIGN(const int64_t bytes, file->GetSize());
  if (*vector.content_offset < 0 || *vector.content_size_bytes < 0 ||
      *vector.content_size_bytes > bytes - *vector.content_offset)
    return Fail(ErrorKind::kCorrupt,
                fmt::format("deletion vector: {} bytes from byte {} of {}, which has only {}",
                            *vector.content_size_bytes, *vector.content_offset, vector.location, bytes));
  INGOT_ARROW_ASSIGN(const auto blob, file->ReadAt(*vector.content_offset, *vector.content_size_bytes));
  auto positions = iceberg::DecodeDeletionVector(std::string_view(*blob), rows);
  if (positions && int64_t(positions->size()) != vector.record_count)
    positions = Fail(ErrorKind::kCorrupt, fmt::format("deletion vector: {} positions, but the manifest says {}",
                                                      positions->size(), vector.record_count));
  if (!positions)
    return Fail(positions.error().kind, fmt::format("{} (at byte {} of {})", positions.error().message,
                                                    *vector.content_offset, vector.location));
  positions_.insert(positions_.end(), positions->begin(), positions->end());
  return {};
}

bool NamesFile(std::string_view path, std::string_view data_file) {
  const auto name = [](std::string_view location) { return location.substr(location.rfind('/') + 1); };
  return path == data_file ||
         (name(path) == name(data_file) && storage::CanonicalLocation(path) == storage::CanonicalLocation(data_file));
}

Status ForEachDeletedPosition(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                              const iceberg::DataFile& file,
                              const std::function<void(std::string_view, int64_t)>& use) {
  return ForEachBatch(std::move(storage), metadata, iceberg::PositionDeleteSchema(), file,
                      [&](const arrow::RecordBatch& batch) {
                        const auto& paths = static_cast<const arrow::StringArray&>(*batch.column(0));
                        const auto& positions = static_cast<const arrow::Int64Array&>(*batch.column(1));
                        for (int64_t row = 0; row < batch.num_rows(); ++row)
                          use(paths.GetView(row), positions.Value(row));
                      });
}

Status RowDeletes::ReadPositions(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                                 const iceberg::DataFile& file, const std::string& data_file) {
  std::string last;  // rows are sorted by data file
  bool meant = false;
  return ForEachDeletedPosition(std::move(storage), metadata, file, [&](std::string_view path, int64_t position) {
    if (path != last) last = path, meant = NamesFile(path, data_file);
    if (meant) positions_.push_back(position);
  });
}

Status RowDeletes::ReadEqualities(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                                  const iceberg::DataFile& file) {
  iceberg::Schema columns;
  for (const iceberg::FieldId id : file.equality_ids) {
    INGOT_ASSIGN(iceberg::Field column, KeyColumn(metadata, id, file));
    columns.fields.push_back(std::move(column));
  }
  if (columns.fields.empty())
    return Fail(ErrorKind::kCorrupt, "equality delete file without equality_ids: " + file.location);
  auto known = std::ranges::find_if(equalities_, [&](const Equality& other) {
    return std::ranges::equal(other.columns, file.equality_ids, {}, &iceberg::Field::id);
  });
  if (known == equalities_.end())
    known = equalities_.insert(equalities_.end(), {.columns = columns.fields, .keys = {}});
  return ForEachBatch(std::move(storage), metadata, columns, file, [&](const arrow::RecordBatch& batch) {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      std::string key;
      for (size_t i = 0; i < columns.fields.size(); ++i)
        AppendKey(key, CellValue(*batch.column(int(i)), row, columns.fields[i].type), columns.fields[i].type);
      known->keys.insert(std::move(key));
    }
  });
}

Result<RowDeletes> RowDeletes::Read(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                                    const FileTask& task) {
  RowDeletes deletes;
  for (const iceberg::DataFile& file : task.deletes) {
    if (file.IsDeletionVector())
      INGOT_TRY(deletes.ReadVector(*storage, file, task.file.record_count));
    else if (file.content == iceberg::FileContent::kPositionDeletes)
      INGOT_TRY(deletes.ReadPositions(storage, metadata, file, task.file.location));
    else
      INGOT_TRY(deletes.ReadEqualities(storage, metadata, file));
  }
  std::ranges::sort(deletes.positions_);
  return deletes;
}

std::vector<iceberg::Field> RowDeletes::NeededColumns() const {
  std::vector<iceberg::Field> needed;
  for (const Equality& equality : equalities_)
    for (const iceberg::Field& column : equality.columns)
      if (std::ranges::find(needed, column.id, &iceberg::Field::id) == needed.end()) needed.push_back(column);
  return needed;
}

Status RowDeletes::Apply(const arrow::RecordBatch& batch, const iceberg::Schema& columns, int64_t first_position,
                         std::vector<bool>& keep) const {
  const auto begin = std::ranges::lower_bound(positions_, first_position);
  for (auto it = begin; it != positions_.end() && *it < first_position + batch.num_rows(); ++it)
    keep[size_t(*it - first_position)] = false;
  for (const Equality& equality : equalities_) {
    std::vector<std::pair<int, iceberg::Type>> sources;  // index and type in the batch
    for (const iceberg::Field& column : equality.columns) {
      const auto field = std::ranges::find(columns.fields, column.id, &iceberg::Field::id);
      if (field == columns.fields.end())
        return Fail(ErrorKind::kInternal, "column for equality deletes was not read: " + column.name);
      sources.emplace_back(int(field - columns.fields.begin()), field->type);
    }
    std::string key;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      key.clear();
      for (size_t i = 0; i < sources.size(); ++i)
        AppendKey(key, CellValue(*batch.column(sources[i].first), row, sources[i].second), equality.columns[i].type);
      if (equality.keys.contains(key)) keep[size_t(row)] = false;
    }
  }
  return {};
}

}  // namespace ingot::rows
