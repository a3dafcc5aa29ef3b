// One pipeline file for many topics: where its table names hold {topic}, each topic that matches gets tables of its
// own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

/// True when the table names hold {topic}.
bool HoldsTopic(const OpenedPipeline& open);

/// A place for each topic at the source of `open`, whose table names hold {topic}: the topic's name (with _ for what
/// may not stand in a table name) in its place. Errors: kBadConfig when the source is no topic, or two topics would
/// share tables; those of asking the brokers.
Result<std::vector<OpenedPipeline>> FanOut(const OpenedPipeline& open);

/// Runs `follow` for each of these places on a thread of its own, and for those of topics that appear meanwhile, until
/// `stop` is true. The first that ends makes `stop` true for the others. Errors: the first of `follow`.
Status FollowTopics(const OpenedPipeline& open, std::atomic<bool>& stop,
                    const std::function<Status(const OpenedPipeline&)>& follow);

}  // namespace ingot::run
