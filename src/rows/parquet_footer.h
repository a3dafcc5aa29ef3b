// Parquet footers of data files, cached, since data files never change. Their statistics exclude row groups from scans.
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

/// Returns the footer of a file from a cache of the whole process, which drops the least recently used. Thread-safe.
Result<std::shared_ptr<parquet::FileMetaData>> FooterOf(storage::Storage& storage, const std::string& location);

/// Reads the footer of an open file without the cache.
Result<std::shared_ptr<parquet::FileMetaData>> ReadFooterOf(arrow::io::RandomAccessFile& file,
                                                            const std::string& location);

/// Removes the Arrow schema that an Arrow writer stored (ARROW:schema), so that Arrow's reader uses the Parquet types.
/// The stored types only say how the writer had the values in memory, and may be any.
void IgnoreStoredTypes(parquet::FileMetaData& footer);

/// Says why a data file cannot be opened as Parquet, from its first and last bytes (kUnsupported if encrypted),
/// otherwise from `reason`.
Error UnreadableFile(arrow::io::RandomAccessFile& file, const std::string& location, const Error& reason);

/// Metrics of the row group's columns, found by field id, from statistics and bloom filters. Columns that the file
/// stores in another type or unit, or without ids, have none. A bloom filter is read on use; one that cannot be read
/// excludes nothing. The references must outlive the result. Source: Parquet, "BloomFilter.md".
iceberg::MetricsLookup RowGroupMetrics(storage::Storage& storage, const std::string& location,
                                       const std::shared_ptr<parquet::FileMetaData>& footer, int row_group,
                                       const iceberg::Schema& schema);

}  // namespace ingot::rows
