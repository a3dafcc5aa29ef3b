// Converts Arrow columns of data files to the table's columns. All readers use it, and it applies at every nesting
// level.
// Source: Iceberg specification, "Column Projection", "Schema Evolution".
#pragma once

#include <arrow/api.h>

#include <map>
#include <memory>

#include "iceberg/types.h"
#include "iceberg/value.h"

namespace ingot::rows {

/// Values from a file's partition for fields that the file does not contain; a value may be null.
using PartitionConstants = std::map<iceberg::FieldId, iceberg::Value>;

struct ProjectOptions {
  bool keep_dictionaries = false;  // text columns may stay dictionaries with 32-bit indices; nested ones do not
  bool by_name = false;            // members of structs have no ids and are matched by name
  const PartitionConstants* constants = nullptr;  // for members of structs
};

/// Converts `array` to the table's column `to`. Accepts any Arrow type that can hold the values (arrow_convert.h).
/// Members of structs are matched by the field ids of `from`; elements, keys and values by position. Missing members:
/// MissingColumn. `from` is the file's field with ids; its nested types match those of `array`. The result has the type
/// ToArrowType(to.type), or is a dictionary of text; keys of maps are not null.
/// Errors: kCorrupt if types or values do not fit; the message has the full name of the column.
Result<std::shared_ptr<arrow::Array>> ProjectArray(const std::shared_ptr<arrow::Array>& array, const arrow::Field& from,
                                                   const iceberg::Field& to, const ProjectOptions& options = {});

/// A column that the file does not contain: `constant` if not nullptr (the partition's value), else the initial
/// default, else null. Errors: kCorrupt for a required column without a value.
Result<std::shared_ptr<arrow::Array>> MissingColumn(const iceberg::Field& field, const iceberg::Value* constant,
                                                    int64_t length);

/// The schema with dictionary types for those columns that are dictionaries.
std::shared_ptr<arrow::Schema> WithTypesOf(const arrow::ArrayVector& columns, const arrow::Schema& schema);

}  // namespace ingot::rows
