// What the stages share: the report of a run, tables that are created or evolved, rows on their way into files, commits
// with marks.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/relation.h"
#include "iceberg/table.h"
#include "rows/table_writer.h"
#include "stage/environment.h"
#include "stage/marks.h"

namespace ingot::stage {

/// When a round of a stage ends although its source may have more; at once when any of the two says so.
struct Deadline {
  std::optional<std::chrono::steady_clock::time_point> at;  // what was read by then is committed
  std::function<bool()> stop_asked;

  bool Passed() const { return (at && std::chrono::steady_clock::now() >= *at) || (stop_asked && stop_asked()); }
};

inline constexpr const char* kEmbedded = "embedded";  // the engine of this program

/// Counts of one commit or of a whole stage run. rows_in = rows_out + quarantined + duplicates for silver.
struct StageReport {
  std::string stage;
  std::string table;
  std::string run_id;
  std::string engine = kEmbedded;  // that computed it: embedded, spark, trino
  int64_t rows_in = 0, rows_out = 0, quarantined = 0, duplicates = 0, errors = 0;
  int64_t bytes_in = 0, bytes_out = 0;
  int64_t commits = 0;
  int64_t started_at_micros = 0, finished_at_micros = 0;
  std::map<std::string, int64_t> broken_by_rule;
  std::vector<std::string> failed_inputs;          // bronze: files that were not read, with why and what to do
  std::map<int64_t, int64_t> rows_by_produced_at;  // bronze: in microseconds, rounded down to 10 ms

  void Add(const StageReport& other);
  double Seconds() const { return double(finished_at_micros - started_at_micros) / 1e6; }
  /// As the properties of the snapshot that commits them, so that the ledger can be made from the tables alone.
  iceberg::Properties ToSummary() const;
};
/// What a snapshot says; nothing when no stage wrote it.
std::optional<StageReport> ReportOf(const iceberg::Snapshot& snapshot, const std::string& table);

/// Loads the table; makes it when it does not exist, adds columns that it lacks. The partition of a table that exists
/// stays.
Result<iceberg::Table> EnsureTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema);

/// Brings the table to what the pipeline file says: its format, properties and columns, and from now on its partition
/// and sort order. What is there stays as it is. Makes the table when it does not exist.
Result<iceberg::Table> EvolveTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema);

struct WrittenRows {
  std::vector<iceberg::DataFile> files;
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// Rows on their way into files of a table, brought to its columns. Files that Finish did not return are deleted.
class RowWriter {
 public:
  static Result<RowWriter> Open(const Environment& environment, const iceberg::Table& table);
  RowWriter(RowWriter&&) = default;
  RowWriter& operator=(RowWriter&&) = default;
  ~RowWriter();

  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows);
  Result<WrittenRows> Finish();

 private:
  RowWriter() = default;
  std::unique_ptr<rows::TableWriter> writer_;
  std::shared_ptr<const iceberg::TableMetadata> metadata_;
  int64_t rows_ = 0;
};

/// What a table will say of itself once it has consumed `source` up to `until`; before, it said `before`.
Mark NextMark(const Environment& environment, const Mark& before, const iceberg::Table& source,
              iceberg::SnapshotId until);

/// The change carries the mark: in its summary, and among the table's properties, for the case that another engine
/// expires the snapshot.
void PutMark(iceberg::SnapshotChange& change, const Mark& mark);

/// Adds the files with the mark. It moves only from where it is in `table`, and not by a step that is taken back:
/// another run that was first makes this one lose with kConflict.
iceberg::SnapshotChange MarkedChange(const iceberg::Table& table, std::vector<iceberg::DataFile> files,
                                     const Mark& mark);

/// Commits the change; the files that it adds are deleted when it is known to have failed, never when that is unknown.
Result<iceberg::Table> CommitFiles(const iceberg::TableHome& home, const iceberg::SnapshotChange& change);

}  // namespace ingot::stage
