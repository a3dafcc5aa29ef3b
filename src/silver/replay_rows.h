// The rows of a replay: quarantined rows that a selection names, as bronze has them now. A row that bronze no longer
// has (retention) is taken as quarantine has it, with its fixes.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/filter.h"
#include "silver/key_times.h"
#include "silver/parse_again.h"
#include "silver/positions.h"
#include "silver/step.h"

namespace ingot::silver {

/// A condition on rows of quarantine.
struct QuarantineSelection {
  std::vector<std::string> columns;  // that `matches` reads
  iceberg::Filter filter;            // prunes files; must match every row that `matches` selects
  std::function<Result<std::vector<bool>>(const arrow::RecordBatch&)> matches;  // one entry per row; thread-safe
};

/// Times of ingestion: half-open, in microseconds. A span without `from` also has the rows without a time.
struct IngestSpan {
  std::optional<int64_t> from, to;
};

/// Divides the selected rows by time into spans of at most `rows_max` rows; an hour is not divided.
/// Cost: reads the columns of the selection.
Result<std::vector<IngestSpan>> SpansOf(const stage::Environment& environment, const iceberg::Table& quarantine,
                                        const QuarantineSelection& selection, int64_t rows_max);

class ReplayRows {
 public:
  /// Finds the rows in quarantine. `except`: rows that do not count. The arguments must outlive the object.
  /// Cost: memory of 8 bytes per row.
  static Result<ReplayRows> Find(const stage::Environment& environment, const Tables& tables,
                                 const QuarantineSelection& selection, const IngestSpan& span,
                                 const SourcePositions& except);

  /// Rows with a source position.
  int64_t count() const { return count_; }
  /// Rows without one: they cannot be found again, and stay in quarantine.
  int64_t unidentified() const { return unidentified_; }
  const KeyTimes& times() const { return times_; }

  /// Calls `work(thread, rows)` for batches of the rows, with the columns that silver reads of bronze.
  using Work = std::function<Status(size_t thread, const std::shared_ptr<arrow::RecordBatch>& rows)>;
  Status ForEach(const ParserFactory& parser, const Work& work) const;

 private:
  ReplayRows(const stage::Environment& environment, const Tables& tables)
      : environment_(&environment), tables_(&tables), positions_(std::make_unique<SourcePositions>()) {}

  const stage::Environment* environment_;
  const Tables* tables_;
  std::unique_ptr<SourcePositions> positions_;
  KeyTimes times_{"_ingested_at"};
  int64_t count_ = 0, unidentified_ = 0;
};

}  // namespace ingot::silver
