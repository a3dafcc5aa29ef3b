// Values of type variant (format 3): semi-structured documents in a binary encoding.
// Source: Parquet, "Variant Binary Encoding"; Iceberg specification, "Semi-structured Types".
#pragma once

#include <arrow/array.h>

#include <memory>
#include <string>
#include <string_view>

#include "iceberg/types.h"

namespace ingot::rows {

struct VariantBytes {
  std::string metadata;  // the names of all object members, sorted
  std::string value;
};

/// Encodes JSON. Integers get the smallest type that holds them; other numbers become decimal or double. Errors:
/// kBadInput for text that is not JSON.
Result<VariantBytes> VariantFromJson(std::string_view json);

/// Decodes to JSON: times as ISO 8601 text, binary as base64, NaN and infinities as text. Errors: kCorrupt for bytes
/// that violate the encoding; it never reads beyond them.
Result<std::string> VariantToJson(std::string_view metadata, std::string_view value);

/// Encodes JSON text as structs of metadata and value, as in Parquet files; nulls stay null.
Result<std::shared_ptr<arrow::Array>> EncodeVariants(const arrow::StringArray& json);
/// The inverse of EncodeVariants. Errors: kUnsupported for shredded variants.
Result<std::shared_ptr<arrow::Array>> DecodeVariants(const arrow::StructArray& variants);

/// Copies the struct with unchanged bytes, for rows that are only rewritten: conversion to JSON would lose decimals,
/// dates, UUIDs and bytes. Errors: as DecodeVariants.
Result<std::shared_ptr<arrow::Array>> CopyVariants(const arrow::StructArray& variants);
/// The schema with variants, at every nesting level, in the encoding of files instead of JSON text.
iceberg::Schema WithStoredVariants(iceberg::Schema schema);
/// The Arrow type of variants in the encoding of files.
std::shared_ptr<arrow::DataType> StoredVariantType();

/// The same as an Arrow extension type, which gives Parquet columns the logical type.
std::shared_ptr<arrow::DataType> VariantFileType();

}  // namespace ingot::rows
