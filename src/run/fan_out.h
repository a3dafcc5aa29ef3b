// One pipeline file for many topics: where its table names contain {topic}, each matching topic gets its own tables.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

/// Returns true when the table names contain {topic}.
bool HoldsTopic(const OpenedPipeline& open);

/// Returns one pipeline for each topic at the source of `open`, whose table names contain {topic}. The topic's name
/// replaces {topic}; characters that a table name cannot contain become _. Errors: kBadConfig when the source is not a
/// topic, or two topics would share tables; those of the request to the brokers.
Result<std::vector<OpenedPipeline>> FanOut(const OpenedPipeline& open);

/// Runs `follow` for each of these pipelines on its own thread, and for topics that appear later, until `stop` is
/// true. When one `follow` ends, it sets `stop` for the others. Errors: the first error of `follow`.
Status FollowTopics(const OpenedPipeline& open, std::atomic<bool>& stop,
                    const std::function<Status(const OpenedPipeline&)>& follow);

}  // namespace ingot::run
