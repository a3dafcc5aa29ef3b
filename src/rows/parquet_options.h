// What a table's schema and properties say of the Parquet files that are written to it.
#pragma once

#include <arrow/type.h>

#include <memory>

#include "iceberg/metadata.h"
#include "parquet/layout.h"

namespace ingot::rows {

/// Codec, level, sizes and bloom filters by the properties write.parquet.*. Errors: kBadConfig for a codec that is not
/// written and for a bloom filter of a column that cannot have one.
Result<parquet_format::LayoutOptions> LayoutOptionsOf(const iceberg::Schema& schema,
                                                      const iceberg::TableMetadata& metadata);

/// The schema of the file's columns: field ids, UUIDs and variants as Arrow's extension types.
Result<std::shared_ptr<arrow::Schema>> FileSchemaOf(const iceberg::Schema& schema);

}  // namespace ingot::rows
