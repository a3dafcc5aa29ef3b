// Rows of CSV as records: how files are read, and single rows that bronze has kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/pipeline.h"
#include "source/csv_rows.h"

namespace ingot::bronze {

/// How the pipeline reads CSV files.
source::CsvOptions CsvOptionsOf(const pipeline::Pipeline& pipeline);

/// Converts rows from _payload. Only if the pipeline file has the names of the columns: bronze does not have the header
/// of the file that a row came from.
class CsvRecords {
 public:
  explicit CsvRecords(const pipeline::Pipeline& pipeline);

  /// Appends the row as a JSON object. Returns false if it cannot be converted.
  bool Append(std::string& out, std::string_view row);

 private:
  std::optional<source::CsvRows> rows_;
  std::string json_;
};

}  // namespace ingot::bronze
