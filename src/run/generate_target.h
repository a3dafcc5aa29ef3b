// Where `ingot generate` writes without --to: to the source that `ingot run` would read.
#pragma once

#include <map>
#include <string>

#include "run/open.h"

namespace ingot::run {

struct GenerateTarget {
  std::string uri;                           // a directory or kafka://broker/topic
  std::map<std::string, std::string> kafka;  // settings of librdkafka
};

/// Returns the current source. Without a pipeline file it is the topic of KAFKA_BROKER and KAFKA_TOPIC, else
/// ./landing. Errors: kBadConfig for a source that is not writable.
Result<GenerateTarget> FindGenerateTarget(const OpenOptions& open_options);

}  // namespace ingot::run
