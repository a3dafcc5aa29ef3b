// A Kafka topic as a source, on librdkafka.
// A single run reads all partitions up to their current ends. A followed source reads the partitions that the consumer
// group assigns, without an end.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "source/source.h"

namespace ingot::source {

/// Opens a source. The topic may be a pattern: "^speedtest_.*" reads all matching topics.
Result<std::unique_ptr<Source>> OpenKafka(const std::string& uri, const SourceOptions& options);

/// Returns the topics that `uri` matches, each with its own address. Errors: as for OpenSource.
Result<std::map<std::string, std::string>> TopicsAt(const std::string& uri,
                                                    const std::map<std::string, std::string>& settings);

}  // namespace ingot::source
