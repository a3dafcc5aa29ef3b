// A pipeline compiled: the schemas of its tables, and the SQL of silver and gold for each engine. The embedded SQL is
// what the rooms silver and gold compute by themselves; tests/judge/test_meaning.py holds the two against each other.
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

/// The relations that the statements read; where an engine puts its own names.
struct SilverNames {
  std::string source = "bronze_rows";    // new rows of bronze
  std::string existing = "silver_keys";  // keys that silver holds already, of the partitions that the new rows touch
  std::string judged = "judged";
  std::string run_id = "";
};

/// The statements of silver, in order.
struct SilverSql {
  std::string judge;       // SELECT, to be named judged: fixed and computed fields, and _broken: a bit per rule broken
  std::string clean;       // SELECT the rows that go to silver
  std::string quarantine;  // SELECT the rows that go to quarantine
  std::string counts;      // SELECT rows_in, rows_quarantined and a column per rule: how many rows broke it
};
SilverSql MakeSilverSql(const Pipeline& pipeline, const SilverSpec& silver, Dialect dialect, const SilverNames& names);

/// The time groups of a gold table: those that are date() or hour() of a field; all groups where there is none. Gold is
/// recomputed for the values of these that new silver rows touched.
std::vector<NamedExpression> TouchedGroups(const GoldSpec& gold);

struct GoldSql {
  std::string touched;    // SELECT DISTINCT the touched groups FROM new rows
  std::string aggregate;  // SELECT the rows of the touched groups FROM all of silver
  std::string kept;       // SELECT the rows of old files that no touched group replaces
};
struct GoldNames {
  std::string fresh = "silver_new";
  std::string all = "silver_rows";
  std::string old = "gold_old";
  std::string touched = "touched";
  std::string updated_at = "now()";
};
GoldSql MakeGoldSql(const Pipeline& pipeline, const GoldSpec& gold, Dialect dialect, const GoldNames& names);

/// SELECT the rows of bronze FROM `source`, which has Kafka's columns as Spark names them (topic, partition, offset,
/// timestamp, value) and _now, the time of ingestion. Errors: kUnsupported for what only the embedded parser can do.
Result<std::string> MakeSparkBronzeSql(const Pipeline& pipeline, const std::string& source);

/// The columns of silver that a gold table reads, and those that its touched groups read.
std::vector<std::string> GoldInputColumns(const GoldSpec& gold);
std::vector<std::string> TouchedInputColumns(const GoldSpec& gold);

}  // namespace ingot::pipeline
