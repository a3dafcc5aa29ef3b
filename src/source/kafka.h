// A Kafka topic as a source, on librdkafka. One-shot: all partitions up to what is there now. Followed: the partitions
// that the consumer group assigns, without an end.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "source/source.h"

namespace ingot::source {

/// The topic may be a pattern: "^speedtest_.*" reads all topics that match.
Result<std::unique_ptr<Source>> OpenKafka(const std::string& uri, const SourceOptions& options);

/// The topics that an address means, each with an address of its own. Errors: as for OpenSource.
Result<std::map<std::string, std::string>> TopicsAt(const std::string& uri,
                                                    const std::map<std::string, std::string>& settings);

}  // namespace ingot::source
