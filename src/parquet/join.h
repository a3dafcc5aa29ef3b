// Joins Parquet files by copying their encoded pages and writing a new footer.
// Source: Apache Parquet, "File Format" (parquet.thrift).
#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <optional>
#include <vector>

#include "parquet/thrift_compact.h"

namespace ingot::parquet_format {

/// A file to be joined with others.
struct JoinPart {
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  ThriftValue footer;
  int64_t body_end = 0;  // offset of the footer
  size_t row_groups = 0;
};
/// Reads the footer of a file. Errors: those of ReadFooterBytes and ReadThrift.
Result<JoinPart> OpenJoinPart(std::shared_ptr<arrow::io::RandomAccessFile> file);

struct JoinedFooter {
  ThriftValue footer;
  int64_t rows = 0;
  std::vector<int64_t> row_group_offsets;  // first byte of each row group in the joined file
};
/// Builds the footer of a file with all row groups of the parts, in order, and empties the footers of the parts.
/// Returns nullopt when they cannot be joined: their schemas differ, or a footer has unknown fields.
std::optional<JoinedFooter> JoinFooters(std::vector<JoinPart>& parts);

/// Writes the pages of the parts and the footer. Returns the size of the file. Cost: one copy of the bytes.
Result<int64_t> WriteJoined(const std::vector<JoinPart>& parts, const JoinedFooter& joined,
                            arrow::io::OutputStream& out);

}  // namespace ingot::parquet_format
