#include "maintain/stored_rows.h"

#include <algorithm>
#include <set>

#include "base/arrow_result.h"
#include "rows/row_deletes.h"

namespace ingot::maintain {

using iceberg::DataFile;
using iceberg::Field;
using iceberg::Schema;

Schema StoredColumns(const iceberg::TableMetadata& metadata) {
  Schema columns = metadata.CurrentSchema();
  std::set<iceberg::FieldId> ids;
  std::set<std::string> names;
  for (const Field& field : columns.fields) ids.insert(field.id), names.insert(field.name);
  for (const Schema& schema : metadata.schemas)
    for (const Field& field : schema.fields) {
      if (!ids.insert(field.id).second) continue;
      columns.fields.push_back(field);
      std::string& name = columns.fields.back().name;
      if (!names.insert(name).second) name += "#" + std::to_string(field.id);
    }
  for (Field& field : columns.fields) field.required = false;
  columns.identifier_field_ids.clear();
  return columns;
}

Status ForEachStoredBatch(const iceberg::Table& table, const Schema& columns, const DataFile& file,
                          const UseBatch& use) {
  const rows::FileTask task{.file = file};  // without deletes
  INGOT_ASSIGN(const auto reader, rows::OpenTask(table.home.storage, *table.metadata, columns, task));
  while (true) {
    INGOT_ARROW_ASSIGN(const std::shared_ptr<arrow::RecordBatch> batch, reader->Next());
    if (batch == nullptr) return {};
    INGOT_TRY(use(batch));
  }
}

Result<bool> StoresErased(const iceberg::Table& table, const DataFile& file, const EraseSearch& search) {
  bool found = false;
  if (file.IsDeletionVector() || (search.clean && search.clean->Has(file.Key()))) return false;
  if (file.content == iceberg::FileContent::kPositionDeletes) {
    INGOT_TRY(
        rows::ForEachDeletedPosition(table.home.storage, *table.metadata, file,
                                     [&](std::string_view path, int64_t) { found = found || search.bytes(path); }));
    return found;
  }
  INGOT_TRY(ForEachStoredBatch(table, StoredColumns(*table.metadata), file, [&](const auto& batch) -> Status {
    if (found) return {};
    INGOT_ASSIGN(const auto reasons, search.rows(*batch));
    found = std::ranges::any_of(reasons, [](uint8_t reason) { return reason != 0; });
    return {};
  }));
  if (!found && search.clean) search.clean->Add(file.Key());
  return found;
}

}  // namespace ingot::maintain
