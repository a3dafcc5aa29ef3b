// The jobs of deploy/spark/jobs, handed to spark-submit.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"
#include "stage/stage.h"

namespace ingot::run {

struct SparkOptions {
  std::string master;  // as spark-submit takes it
  std::string source;  // a URI
};

/// Submits the job of each stage in turn and waits. From the environment: INGOT_SPARK_SUBMIT (spark-submit), its
/// program; INGOT_SPARK_JOBS (deploy/spark/jobs), the folder of the jobs; INGOT_SPARK_JARS, a folder of jars for
/// --jars. Errors: kNotFound when one of these is not there; kInternal with the end of what a job that failed has said.
Result<std::vector<stage::StageReport>> RunOnSpark(const OpenOptions& open_options,
                                                   const stage::Environment& environment,
                                                   const std::vector<stage::Stage>& stages,
                                                   const SparkOptions& options);

/// The settings by which Spark finds the catalog and the storage of `place`, by their names. Errors: kBadConfig.
Result<std::map<std::string, std::string>> SparkSettings(const OpenOptions& open_options,
                                                         const stage::Environment& environment);

}  // namespace ingot::run
