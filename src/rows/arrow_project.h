// Arrow columns of data files as columns of the table: one conversion for every reader, applied at every depth.
// Source: Iceberg specification, "Column Projection", "Schema Evolution".
#pragma once

#include <arrow/api.h>

#include <map>
#include <memory>

#include "iceberg/types.h"
#include "iceberg/value.h"

namespace ingot::rows {

/// Values that the partition of a file gives to fields which the file does not have; null is one of them.
using PartitionConstants = std::map<iceberg::FieldId, iceberg::Value>;

struct ProjectOptions {
  bool keep_dictionaries = false;  // a column of text may stay a dictionary with 32-bit indices; nested ones never
  bool by_name = false;            // members of structs have no ids: they are found by their names
  const PartitionConstants* constants = nullptr;  // for members of structs
};

/// `array` as the table's column `to`: any Arrow type that holds its values (arrow_convert.h), members of structs found
/// by the field ids of `from`, elements, keys and values by their place, missing members by MissingColumn. `from` is
/// the file's field with ids; within nested types it has the array's shape. The result has exactly the type
/// ToArrowType(to.type), or is a dictionary of text, and no nulls among the keys of maps.
/// Errors: kCorrupt where types or values do not fit; the message has the full name of the column.
Result<std::shared_ptr<arrow::Array>> ProjectArray(const std::shared_ptr<arrow::Array>& array, const arrow::Field& from,
                                                   const iceberg::Field& to, const ProjectOptions& options = {});

/// A column that a file does not have: `constant` (not null where its partition gives the value), else its initial
/// default, else null. Errors: kCorrupt for a required column without either.
Result<std::shared_ptr<arrow::Array>> MissingColumn(const iceberg::Field& field, const iceberg::Value* constant,
                                                    int64_t length);

/// The schema with the types of those columns that are dictionaries of text.
std::shared_ptr<arrow::Schema> WithTypesOf(const arrow::ArrayVector& columns, const arrow::Schema& schema);

}  // namespace ingot::rows
