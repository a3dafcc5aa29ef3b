// Reads and verifies Parquet footers, and adds a checksum in front of the footers that Ingot writes: Parquet itself has
// checksums for pages only. Source: docs/formats/parquet-footer.md.
#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parquet {
class FileMetaData;
}

namespace ingot::parquet_format {

inline constexpr int64_t kParquetTailBytes = 8;  // the footer's length and "PAR1"

/// Reads the footer, without length and magic, and verifies its checksum if it has one. Errors: kCorrupt for a damaged
/// file or one that is not Parquet; kUnsupported for an encrypted footer.
Result<std::shared_ptr<arrow::Buffer>> ReadFooterBytes(arrow::io::RandomAccessFile& file);
/// Reads and parses the footer, repaired if Arrow rejects what other readers accept (repair.h). Errors: those of
/// ReadFooterBytes; kUnsupported for a valid footer that Arrow still rejects.
Result<std::shared_ptr<parquet::FileMetaData>> ReadFooter(arrow::io::RandomAccessFile& file);

/// The error for an undamaged file that Arrow's reader cannot read.
Error UnsupportedByArrow(const std::string& problem);

/// Inserts the checksum in front of the footer. `end` holds the end of a file, from any position at or before its
/// footer to the last byte.
std::string AddFooterChecksum(std::string_view end);

}  // namespace ingot::parquet_format
