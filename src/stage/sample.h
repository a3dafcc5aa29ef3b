// A sample of rows, as the tables hold them and as the pipeline file computes them. `ingot plan` shows where the two
// differ; a table of an earlier version adopts the pipeline file if they do not differ.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "iceberg/table.h"
#include "rows/scan.h"

namespace ingot::stage {

/// Where a row of the sample is, and its values there.
struct SampledResult {
  std::string table;                                        // that holds it; empty: none
  std::vector<std::string> rules;                           // that it breaks, sorted
  std::vector<std::pair<std::string, std::string>> values;  // as text, of the columns that differ
};

struct SampledRow {
  std::string name;  // "row speedtest_raw/0/17", "group date=2026-01-01, hour=3"
  SampledResult before, after;
};

struct Sample {
  int64_t compared = 0;               // rows or groups
  int64_t different = 0;              // of them
  std::vector<SampledRow> differing;  // the first ones
  std::string unchecked;              // why nothing could be compared; otherwise empty
};

/// The difference as text: "row a/0/17: speed is 4.5, and would be 4500".
std::string ToText(const SampledRow& row);

/// Numbers below `count`, at most `most` of them, evenly spread, with the first and the last.
std::vector<size_t> Spread(size_t count, size_t most);

/// The table with the column names of the pipeline file. Writes nothing. Input: `renames`: new name by old name.
Result<iceberg::Table> WithCurrentNames(iceberg::Table table, const iceberg::Schema& wanted,
                                        const std::map<std::string, std::string>& renames);

/// Those of `columns` that the table has.
std::vector<std::string> ColumnsIn(const iceberg::Table& table, const std::vector<std::string>& columns);

/// The columns of `schema` with these names, in that order. All must exist.
iceberg::Schema SelectFields(const iceberg::Schema& schema, const std::vector<std::string>& names);

/// Whether two values are equal. Columns may have different types. `tolerance`: relative, of floating-point numbers;
/// near zero a hundredth of it.
bool SameValue(const arrow::Array& a, int64_t row_a, const arrow::Array& b, int64_t row_b, double tolerance);

/// A value as text; "null" for none.
std::string ValueText(const arrow::Array& values, int64_t row);

/// The name of a row by its source position: "row speedtest_raw/0/17".
std::string RowName(const arrow::RecordBatch& rows, int64_t row);

/// Appends the columns in which the rows differ to the values of both results. A column that `before` does not have is
/// null there.
void AddDifferences(const arrow::RecordBatch& before, int64_t before_row, const arrow::RecordBatch& after,
                    int64_t after_row, const std::vector<std::string>& columns, double tolerance, SampledRow& row);

/// Reads at most `rows_max` rows of a few parts of the plan, spread from the oldest to the newest file, with all
/// columns of the projection decoded.
Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> ReadSample(const iceberg::Table& table, rows::ScanPlan plan,
                                                                    int64_t rows_max);

}  // namespace ingot::stage
