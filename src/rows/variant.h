// Values of type variant (format 3): a document of any shape as bytes that are navigated without being parsed.
// Source: Parquet, "Variant Binary Encoding"; Iceberg specification, "Semi-structured Types".
#pragma once

#include <arrow/array.h>

#include <memory>
#include <string>
#include <string_view>

#include "iceberg/types.h"

namespace ingot::rows {

struct VariantBytes {
  std::string metadata;  // the names of all members, sorted
  std::string value;
};

/// Whole numbers as the smallest integer type that holds them, others as double. Errors: kBadInput for what is no JSON.
Result<VariantBytes> VariantFromJson(std::string_view json);

/// Times as ISO 8601 text, binary as base64, NaN and infinities as text. Errors: kCorrupt for bytes that break the
/// encoding, never a read past them.
Result<std::string> VariantToJson(std::string_view metadata, std::string_view value);

/// JSON text as the struct of metadata and value that Parquet files have; nulls stay.
Result<std::shared_ptr<arrow::Array>> EncodeVariants(const arrow::StringArray& json);
/// The same back. Errors: kUnsupported for variants that are shredded into columns.
Result<std::shared_ptr<arrow::Array>> DecodeVariants(const arrow::StructArray& variants);

/// The same struct, bytes unchanged, for rows that only move: JSON knows no decimals, dates, UUIDs or bytes. Errors: as
/// above.
Result<std::shared_ptr<arrow::Array>> CopyVariants(const arrow::StructArray& variants);
/// The schema with its variants, at every depth, as files have them instead of JSON text.
iceberg::Schema WithStoredVariants(iceberg::Schema schema);
/// The Arrow type of variants as files have them.
std::shared_ptr<arrow::DataType> StoredVariantType();

/// The type of such structs, as Arrow's extension type that gives Parquet columns their logical type.
std::shared_ptr<arrow::DataType> VariantFileType();

}  // namespace ingot::rows
