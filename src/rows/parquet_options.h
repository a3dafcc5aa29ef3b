// The layout of a table's Parquet files, from its schema and properties.
#pragma once

#include <arrow/type.h>

#include <memory>

#include "iceberg/metadata.h"
#include "parquet/layout.h"

namespace ingot::rows {

/// Codec, level, sizes and bloom filters from the properties write.parquet.*. Errors: kBadConfig for an unsupported
/// codec and for a bloom filter of a column whose type has none.
Result<parquet_format::LayoutOptions> LayoutOptionsOf(const iceberg::Schema& schema,
                                                      const iceberg::TableMetadata& metadata);

/// The Arrow schema of a file, with field ids; UUIDs and variants are Arrow extension types.
Result<std::shared_ptr<arrow::Schema>> FileSchemaOf(const iceberg::Schema& schema);

}  // namespace ingot::rows
