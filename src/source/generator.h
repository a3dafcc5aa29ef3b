// Generates speed-test records with skewed locations and a daily curve by local time (cities.h). On request it adds the
// defects of real streams.
// Only this file knows the reference record; the program that reads it does not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::source {

struct GeneratorOptions {
  int64_t records = 1000;
  double rate = 0;                                // records per second; 0: unlimited
  std::string to = "";                            // "-" for standard output, a directory, or kafka://host:port/topic
  std::map<std::string, std::string> kafka = {};  // settings of librdkafka
  uint64_t seed = 1;                              // the same options and seed give the same records
  double dirty = 0;                               // share of records with a defect
  int64_t users = 100'000;
  int64_t start_micros = 0;              // time of the first record
  int64_t span_micros = 86'400'000'000;  // the time span of the records
  int64_t records_per_file = 1'000'000;
  int partitions = 4;  // when a Kafka topic has to be created
};

/// Appends the records [begin, end) as JSON lines.
void GenerateRecords(const GeneratorOptions& options, int64_t begin, int64_t end, std::string& out);

struct Generated {
  int64_t records = 0;
  int64_t bytes = 0;
};
/// Writes all records. `progress` gets the number of records done since its last call. Files appear under their names
/// only when complete.
Result<Generated> Generate(const GeneratorOptions& options, const std::function<void(int64_t)>& progress);

}  // namespace ingot::source
