// A compiled pipeline: the schemas of its tables, and the SQL of silver and gold for each engine. The rooms silver and
// gold compute the meaning of the embedded SQL in their own code. tests/judge/test_meaning.py compares both.
#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

iceberg::Schema BronzeSchema(const Pipeline& pipeline);
iceberg::Schema SilverSchema(const Pipeline& pipeline, const SilverSpec& silver);
iceberg::Schema QuarantineSchema(const Pipeline& pipeline);
iceberg::Schema GoldSchema(const GoldSpec& gold);

/// The columns of bronze that silver reads.
std::vector<std::string> SilverInputColumns(const Pipeline& pipeline);

/// The names of the relations that the statements read. An engine sets its own names.
struct SilverNames {
  std::string source = "bronze_rows";    // new rows of bronze
  std::string existing = "silver_keys";  // keys that are already in silver, in the partitions that the new rows touch
  std::string checked = "checked";
  std::string run_id = "";
};

/// The statements of silver, in order.
struct SilverSql {
  std::string check;       // SELECT as `checked`: fixed and computed fields, and _broken with one bit per broken rule
  std::string clean;       // SELECT the rows that go to silver
  std::string quarantine;  // SELECT the rows that go to quarantine
  std::string counts;      // SELECT rows_in, rows_quarantined, and per rule the number of rows that broke it
};
SilverSql MakeSilverSql(const Pipeline& pipeline, const SilverSpec& silver, Dialect dialect, const SilverNames& names);

/// The time groups of a gold table: groups that are date() or hour() of a field. All groups if there is no time group.
/// Gold is recomputed for the values of these groups that new silver rows have.
std::vector<NamedExpression> TouchedGroups(const GoldSpec& gold);

struct GoldSql {
  std::string touched;    // SELECT DISTINCT the touched groups FROM new rows
  std::string aggregate;  // SELECT the rows of the touched groups FROM all of silver
  std::string kept;       // SELECT the untouched rows of old files, which are rewritten
};
struct GoldNames {
  std::string fresh = "silver_new";
  std::string all = "silver_rows";
  std::string old = "gold_old";
  std::string touched = "touched";
  std::string updated_at = "now()";
};
GoldSql MakeGoldSql(const Pipeline& pipeline, const GoldSpec& gold, Dialect dialect, const GoldNames& names);

/// SELECT the rows of bronze FROM `source`.
/// Input:  `source` has Spark's Kafka columns (topic, partition, offset, timestamp, value) and _now, the time of
///         ingestion.
/// Errors: kUnsupported for features of the embedded parser only.
Result<std::string> MakeSparkBronzeSql(const Pipeline& pipeline, const std::string& source);

/// The columns of silver that a gold table reads, and the columns that its touched groups read.
std::vector<std::string> GoldInputColumns(const GoldSpec& gold);
std::vector<std::string> TouchedInputColumns(const GoldSpec& gold);

}  // namespace ingot::pipeline
