// Rows of CSV as records: how files are read, and single rows that bronze has kept.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/pipeline.h"
#include "source/csv_rows.h"

namespace ingot::bronze {

/// How the pipeline reads CSV files.
source::CsvOptions CsvOptionsOf(const pipeline::Pipeline& pipeline);

/// Converts rows from _payload. The names of the columns come from the pipeline file or from the layout that bronze has
/// beside the row (`payload: all`): bronze does not have the header of the file.
class CsvRecords {
 public:
  explicit CsvRecords(const pipeline::Pipeline& pipeline);

  struct Row {
    std::string_view bytes;
    std::string_view layout = {};  // source/csv_layout.h; empty if it is not known
    bool has_error = true;         // was not read: the pipeline file may have been corrected since
  };
  /// Appends the row as a JSON object. Returns false if it cannot be converted.
  bool Append(std::string& out, const Row& row);

 private:
  struct Readers {
    std::unique_ptr<source::CsvRows> then, now;  // as the row was read; as the pipeline file reads rows
  };
  Readers& ReadersOf(std::string_view layout);
  bool Append(std::string& out, source::CsvRows* rows, std::string_view row);

  const bool reads_csv_;
  const source::CsvOptions options_;
  std::map<std::string, Readers, std::less<>> readers_;  // by layout
  std::string json_;
};

}  // namespace ingot::bronze
