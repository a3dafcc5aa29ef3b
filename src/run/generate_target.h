// Where `ingot generate` writes unless --to says: to what `ingot run` would read.
#pragma once

#include <map>
#include <string>

#include "run/open.h"

namespace ingot::run {

struct GenerateTarget {
  std::string uri;                           // a directory or kafka://broker/topic
  std::map<std::string, std::string> kafka;  // settings of librdkafka
};

/// The source in force; without any pipeline file the topic of KAFKA_BROKER and KAFKA_TOPIC, else ./landing.
/// Errors: kBadConfig for a source that records cannot be written to.
Result<GenerateTarget> FindGenerateTarget(const OpenOptions& open_options);

}  // namespace ingot::run
