// The report of a stage run. Its counts are defined once in a list. Summaries, the ledger, JSON, metrics and the table
// that `ingot run` prints use this list. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/summary.h"
#include "pipeline/expression.h"
#include "stage/held_rows.h"
#include "stage/stages.h"
#include "stage/warning.h"

namespace ingot::stage {

/// What bronze saw of its records, from which run/warnings explains what is unusual. Not in summaries.
struct RecordSample {
  std::vector<std::string> records;   // as JSON
  std::vector<std::string> problems;  // of records that do not fit

  /// Adds those of another sample, up to kSampledMax of each.
  void Add(const RecordSample& other);
};
inline constexpr size_t kSampledMax = 256;

/// Counts of one commit or of a whole stage run. rows_in = rows_out + quarantined + duplicates for silver.
struct StageReport {
  Stage stage = Stage::kBronze;
  std::string table;
  std::string run_id;
  std::string engine{DialectName(pipeline::Dialect::kEmbedded)};  // the engine that ran the stage
  int64_t rows_in = 0, rows_out = 0, quarantined = 0, duplicates = 0, errors = 0;
  int64_t bytes_in = 0, bytes_out = 0;
  int64_t commits = 0;
  int64_t started_at_micros = 0, finished_at_micros = 0;
  std::map<std::string, int64_t> broken_by_rule;
  std::vector<std::string> failed_inputs;          // bronze: files that were not read, with the reason and what to do
  std::vector<std::string> pending_changes;        // tables with another definition, which were not computed: why
  std::map<int64_t, int64_t> rows_by_produced_at;  // bronze: in microseconds, rounded down to 10 ms
  std::vector<HeldRows> held;                      // silver: rows that a gate holds back
  std::vector<std::string> published_anyway;       // silver: limits that rows exceed which were published on request
  bool undecided = false;                          // silver: rows wait for more before a gate is judged
  /// Bronze: rows without _error whose record has no value for a field, by field; fields without such rows may be
  /// absent. Empty if it was not counted (earlier versions, other engines).
  std::optional<std::map<std::string, int64_t>> nulls;
  RecordSample sample;            // bronze
  std::vector<Warning> warnings;  // what is unusual and was not said before

  void Add(const StageReport& other);
  /// Adds the message and returns true if the outcome of a table is kPendingChange.
  bool AddPending(const Result<StageReport>& outcome);
  double Seconds() const { return double(finished_at_micros - started_at_micros) / 1e6; }
  /// The properties of the snapshot that commits the rows. The ledger can be rebuilt from the tables alone.
  iceberg::Properties ToSummary() const;
  /// A JSON object. Input: `more`: members that are appended, as `"name":value,…`.
  std::string ToJson(const std::string& more = "") const;
};

/// Returns the report of a stage run that starts now.
StageReport BeginReport(Stage stage, const std::string& table, const std::string& run_id);

/// A count of a report, with its name in every output.
struct ReportCount {
  int64_t StageReport::* count;
  const char* name;            // a column of ops.runs, a member of JSON
  const char* summary_key;     // in the snapshot summary
  const char* title;           // column title in the table of `ingot run`
  bool bytes;                  // false: rows
  const char* metric;          // a counter
  const char* help;            // of the metric
  std::optional<Stage> stage;  // the metric counts only this stage, without a label; empty: every stage, with a label
};

inline constexpr ReportCount kReportCounts[] = {
    {&StageReport::rows_in,
     "rows_in",
     "ingot.rows-in",
     "rows in",
     false,
     "ingot_rows_in",
     "Rows that a stage took in.",
     {}},
    {&StageReport::rows_out,
     "rows_out",
     "ingot.rows-out",
     "rows out",
     false,
     "ingot_rows_out",
     "Rows that a stage committed.",
     {}},
    {&StageReport::quarantined, "rows_quarantined", "ingot.rows-quarantined", "quarantined", false,
     "ingot_rows_quarantined", "Rows that went to quarantine.", Stage::kSilver},
    {&StageReport::duplicates, "rows_duplicate", "ingot.rows-duplicate", "duplicates", false, "ingot_rows_duplicate",
     "Input rows of silver that were not added, because another row has the same key.", Stage::kSilver},
    {&StageReport::errors, "rows_error", "ingot.rows-error", "errors", false, "ingot_rows_error",
     "Records that do not fit the declared types.", Stage::kBronze},
    {&StageReport::bytes_in,
     "bytes_in",
     "ingot.bytes-in",
     "read",
     true,
     "ingot_read_bytes",
     "Bytes that a stage read.",
     {}},
    {&StageReport::bytes_out,
     "bytes_out",
     "ingot.bytes-out",
     "written",
     true,
     "ingot_written_bytes",
     "Bytes of data files that a stage committed.",
     {}},
};

/// The report in a snapshot summary. Empty if no stage wrote the snapshot.
std::optional<StageReport> ReportOf(const iceberg::Snapshot& snapshot, const std::string& table);

/// The report in a line that a job of another engine printed in the format of ToJson. Empty for any other output.
std::optional<StageReport> ReportFromJson(std::string_view line, pipeline::Dialect engine);

}  // namespace ingot::stage
