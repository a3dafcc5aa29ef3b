// Submits the jobs of deploy/spark/jobs to spark-submit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "run/open.h"
#include "stage/stage.h"

namespace ingot::run {

struct SparkOptions {
  std::string master;                                 // in the format of spark-submit
  std::string source;                                 // a URI
  std::optional<iceberg::SnapshotId> silver_until{};  // of bronze, the last that silver consumes; default: the current
};

/// Submits the job of each stage in turn and waits for it. Reads these environment variables (default):
/// INGOT_SPARK_SUBMIT (spark-submit), the program; INGOT_SPARK_JOBS (deploy/spark/jobs), the folder of the jobs;
/// INGOT_SPARK_JARS, a folder of jars for --jars.
/// Errors: kNotFound when one of these does not exist; kInternal with the output of a failed job.
Result<std::vector<stage::StageReport>> RunOnSpark(const OpenOptions& open_options,
                                                   const stage::Environment& environment, stage::Stage stage,
                                                   const SparkOptions& options);

}  // namespace ingot::run
