// Cuts a stretch of bytes into records: lines, whole documents, or rows of CSV.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/source.h"

namespace ingot::source {

/// Where records begin and end in `bytes`. Lines end with \n or \r\n; blank lines are no records. Returns how many
/// bytes were used: up to the last line end, or all when `at_end`.
size_t SplitLines(std::string_view bytes, bool at_end, std::vector<RawBatch::Record>& records);

/// Rows of CSV (RFC 4180) as JSON objects of strings under the names of a header; empty cells are null.
class CsvRows {
 public:
  /// Reads the header line at the start of a file; returns the bytes it takes, 0 when it is not complete.
  size_t ReadHeader(std::string_view bytes, bool at_end);
  bool HasHeader() const { return !names_.empty(); }
  /// Appends one JSON object per complete row to `json`; record offsets are those of the rows in `bytes`. Returns the
  /// bytes used.
  size_t Split(std::string_view bytes, bool at_end, std::string& json, std::vector<RawBatch::Record>& records) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace ingot::source
