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
  /// `uri` as for OpenSource, `settings` of librdkafka. Makes the topic with `partitions` when there is none. A broker
  /// that goes away after it has answered is waited for, as long as for records on their way.
  static Result<std::unique_ptr<KafkaWriter>> Open(const std::string& uri,
                                                   const std::map<std::string, std::string>& settings, int partitions);
  virtual ~KafkaWriter() = default;
  /// Sends each line; returns before they have arrived. Errors: kRetry when earlier ones failed for good.
  virtual Status WriteLines(std::string_view lines) = 0;
  /// Returns when all have arrived.
  virtual Status Flush() = 0;
};

}  // namespace ingot::source
