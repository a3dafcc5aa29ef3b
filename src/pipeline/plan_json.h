// The plan as one JSON document. Jobs run it on another engine (deploy/spark/jobs).
#pragma once

#include <string>

#include "pipeline/plan.h"

namespace ingot::pipeline {

/// Output: the source, and the tables and statements of each stage in the dialect. Relations in the statements:
///         `records` (topic, partition, offset, timestamp, value, _now), `bronze_rows`, `silver_keys`, `checked`,
///         `silver_new`, `silver_rows`, `gold_old`, `touched`. `{run_id}` is a placeholder for the id of the run,
///         `{now}` (Trino) for its time.
/// Errors: kUnsupported for features that the engine does not have.
Result<std::string> PlanToJson(const Pipeline& pipeline, Dialect dialect, const std::string& catalog);

/// The time field by which rows of a table are found. In silver it is part of the unique key; in gold it is in the
/// groups that are recomputed. Empty if there is none.
std::string SilverTimeField(const Pipeline& pipeline, const SilverSpec& silver);
std::string GoldTimeField(const GoldSpec& gold);

/// The column of gold by whose values files are replaced: a touched group that is also the partition. If there is none,
/// the result is empty and the whole table is replaced.
std::string GoldReplaceColumn(const GoldSpec& gold);

}  // namespace ingot::pipeline
