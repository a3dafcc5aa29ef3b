// The tail of Parquet files: footers are read and checked here for all who need one, and sealed in files of ours by a
// checksum in front of them, since Parquet itself has checksums of pages only. Source: docs/formats/parquet-seal.md.
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

/// The footer's bytes, without length and magic, after its seal, if it has one, was verified. Errors: kCorrupt for what
/// is not a Parquet file or a damaged one; kUnsupported for an encrypted footer.
Result<std::shared_ptr<arrow::Buffer>> ReadFooterBytes(arrow::io::RandomAccessFile& file);
/// The same, parsed; repaired where Arrow refuses what other readers take (parquet_repair.h). Errors: kUnsupported,
/// too, for a whole footer that it refuses nevertheless.
Result<std::shared_ptr<parquet::FileMetaData>> ReadFooter(arrow::io::RandomAccessFile& file);

/// What a file has that is no damage and stops Arrow's reader.
Error NotTaken(const std::string& problem);

/// `end`: what a file ends with, from anywhere at or before its footer to the last byte. Returns it with the seal in
/// front of the footer.
std::string SealFooter(std::string_view end);

}  // namespace ingot::parquet_format
