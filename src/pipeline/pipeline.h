// The checked contents of a pipeline file: source, fields, rules, tables. No other code knows a field by name.
// Source: docs/pipeline-file.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/rfc3339.h"
#include "iceberg/metadata.h"
#include "pipeline/expression.h"
#include "pipeline/rules.h"

namespace ingot::pipeline {

/// One step of a path into a JSON document.
struct PathStep {
  std::string key;           // of an object; empty for an index
  std::optional<int> index;  // of an array; negative counts from the end
  bool operator==(const PathStep&) const = default;
};
using Path = std::vector<PathStep>;

/// Input:  for example "$.Download.ServerMeasurements[-1].TCPInfo.MinRTT". "[first]" and "[last]" mean 0 and -1.
/// Errors: kBadConfig.
Result<Path> ParsePath(std::string_view text);

enum class TimeFormat { kEpochSeconds, kEpochMillis, kEpochMicros, kEpochNanos, kRfc3339 };
/// The word of the pipeline file: "s", "ms", "us", "ns" or "rfc3339".
std::string_view TimeFormatName(TimeFormat format);

struct FieldSpec {
  std::string name;
  iceberg::Type type;
  std::vector<Path> from;  // the first path with a value that is not null is used
  double factor = 1;       // from_unit to unit
  TimeFormat time_format = TimeFormat::kEpochMillis;
  bool coerce = false;  // "12.5" in quotes is accepted as a number
  int64_t time_min_micros = kTimeMinMicros;
  int64_t time_max_micros = kTimeMaxMicros;          // and
  std::optional<int64_t> time_max_after_now_micros;  // after the time of ingestion
  std::optional<Expression> compute;                 // computed in silver instead of read from the record
  std::string default_json;                          // for records without the field: a JSON scalar; empty for null
  bool rare = false;                                 // few records have it: no warning if none has it
  std::string renamed_from;                          // the name that the field had before; empty: none
};

struct TableSpec {
  std::string table;
  std::vector<std::pair<std::string, iceberg::Transform>> partition;
  std::vector<iceberg::SortColumn> sort;  // of compacted files
  std::optional<int64_t> keep_micros;     // retention; absent: without a limit
  iceberg::Properties properties;
};

struct NamedExpression {
  std::string name;
  Expression expression;
  iceberg::Type type;
};

/// A table of clean records, and its table of quarantined records.
struct SilverSpec {
  TableSpec table;
  TableSpec quarantine;
  std::vector<Fix> fixes;  // in order, applied before the rules
  std::vector<Rule> rules;
  std::vector<std::string> unique;  // the fields of the key; empty: no deduplication
  int64_t gate_rows = 10'000;       // fewer young rows of a follower wait for more before a gate holds them back
  bool follow_deletes = false;      // deletes and updates of bronze by other engines are applied
};

struct GoldSpec {
  TableSpec table;
  size_t from = 0;  // index of the table in Pipeline::silver that it reads
  std::vector<NamedExpression> group;
  std::vector<NamedExpression> measures;
};

/// The format of CSV files.
struct CsvSpec {
  char delimiter = ',';
  char quote = '"';                // 0: none
  bool multiline = true;           // cells may contain line ends
  std::string encoding = "utf-8";  // a value of keys.h
  bool header = true;              // the first row has the names of the columns
  std::vector<std::string> names;  // names without a header; empty: the fields, in order
};

struct SourceSpec {
  std::string uri;                           // kafka://broker/topic, a file or a directory
  std::map<std::string, std::string> kafka;  // settings of librdkafka
  bool keep_key = false;                     // in bronze, as _key
  bool keep_headers = false;                 // in bronze, as _headers
  std::string format = "json";               // json: one record per line; document: one or an array per file; csv
  CsvSpec csv;
  std::string on_changed = "fail";  // for a file that was replaced: fail, reread, skip
};

struct Pipeline {
  std::string name;
  std::string file;
  SourceSpec source;
  std::vector<FieldSpec> fields;
  TableSpec bronze;
  bool extra_as_variant = false;   // type of _extra in bronze; otherwise JSON text
  bool payload_all = false;        // bronze keeps the bytes of every record, not only of those that do not fit
  std::vector<SilverSpec> silver;  // a pipeline file has one
  std::vector<GoldSpec> gold;

  ColumnTypes Columns() const;
  const SilverSpec& SourceOf(const GoldSpec& spec) const { return silver[spec.from]; }
};

/// Errors: kBadConfig as "file:line: key: what is wrong (did you mean …?)"; kNotFound.
/// Input:  `source`: the URI that is used instead of the file's source; empty: none.
Result<Pipeline> LoadPipeline(const std::string& file, const std::string& source = "");
Result<Pipeline> ParsePipeline(const std::string& yaml, const std::string& file, const std::string& source = "");

/// The JSON Schema (draft 2020-12) of pipeline files, for editors.
std::string PipelineJsonSchema();

/// Replaces ${NAME} and ${NAME:-default} by environment variables. Errors: kBadConfig for a variable that is not set.
Result<std::string> ExpandEnvironment(std::string_view text);

/// The factor from unit `from` to unit `to`: ConvertUnit("kbit/s", "Mbit/s") is 0.001. Errors: kBadConfig for unknown
/// units and for units of different quantities.
Result<double> ConvertUnit(const std::string& from, const std::string& to);

}  // namespace ingot::pipeline
