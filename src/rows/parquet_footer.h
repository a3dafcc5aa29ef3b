// Footers of data files, read once: a data file never changes. What they know of each row group prunes scans inside of
// files.
#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>
#include <string_view>

#include "iceberg/filter.h"
#include "storage/storage.h"

namespace parquet {
class FileMetaData;
}

namespace ingot::rows {

/// Those of the files that were asked for last are kept, for the whole process. Safe to call from any thread.
Result<std::shared_ptr<parquet::FileMetaData>> FooterOf(storage::Storage& storage, const std::string& location);

/// The same of an open file, read anew.
Result<std::shared_ptr<parquet::FileMetaData>> ReadFooterOf(arrow::io::RandomAccessFile& file,
                                                            const std::string& location);

/// Makes Arrow's reader take the types of Parquet, not those which an Arrow program stored beside them (ARROW:schema):
/// these say how it had the values in memory, may be of any kind, and are not needed to read them.
void IgnoreStoredTypes(parquet::FileMetaData& footer);

/// Why a data file cannot be opened as Parquet, by its first and last bytes (kUnsupported for an encrypted file), or as
/// `reason` says.
Error UnreadableFile(arrow::io::RandomAccessFile& file, const std::string& location, const Error& reason);

/// What the row group's statistics and bloom filters say of its columns, found by field id. Of columns that the file
/// keeps in another type, unit or without ids, nothing is known. A bloom filter is read when it is asked; one that
/// cannot be knows nothing. The references must outlive the result. Source: Parquet, "BloomFilter.md".
iceberg::Knowledge KnowledgeOfRowGroup(storage::Storage& storage, const std::string& location,
                                       const std::shared_ptr<parquet::FileMetaData>& footer, int row_group,
                                       const iceberg::Schema& schema);

}  // namespace ingot::rows
