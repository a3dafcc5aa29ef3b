// Writes records to a Kafka topic, each once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::source {

class KafkaWriter {
 public:
  /// Opens the topic at `uri` (as for OpenSource) with `settings` of librdkafka. Creates it with `partitions` if it
  /// does not exist. Waits for a broker that fails after it has answered, as long as for records in flight.
  static Result<std::unique_ptr<KafkaWriter>> Open(const std::string& uri,
                                                   const std::map<std::string, std::string>& settings, int partitions);
  virtual ~KafkaWriter() = default;
  /// Sends each line; returns before the lines are acknowledged. Errors: kRetry when earlier lines failed permanently.
  virtual Status WriteLines(std::string_view lines) = 0;
  /// Returns when all lines are acknowledged.
  virtual Status Flush() = 0;
};

}  // namespace ingot::source
