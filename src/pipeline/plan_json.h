// The plan as one JSON document, for the jobs that run it on another engine (deploy/spark/jobs).
#pragma once

#include <string>

#include "pipeline/plan.h"

namespace ingot::pipeline {

/// What the source is, and of each stage its tables and statements, in the dialect. Relations in the statements:
/// `records` (topic, partition, offset, timestamp, value, _now), `bronze_rows`, `silver_keys`, `judged`, `silver_new`,
/// `silver_rows`, `gold_old`, `touched`; `{run_id}` stands for the run's id. Errors: kUnsupported for what the engine
/// has no words for.
Result<std::string> PlanToJson(const Pipeline& pipeline, Dialect dialect, const std::string& catalog);

/// The field by which rows of a table are found: of the key that silver is unique by, of the groups that gold is
/// recomputed for. Empty when there is none.
std::string SilverTimeField(const Pipeline& pipeline, const SilverSpec& silver);
std::string GoldTimeField(const GoldSpec& gold);

/// The column of gold by whose values its files are replaced: one that is a touched group and its partition. Empty when
/// there is none, and the whole table is replaced.
std::string GoldReplaceColumn(const GoldSpec& gold);

}  // namespace ingot::pipeline
