#include "bronze/offset_gaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "bronze/offsets.h"
#include "stage/marks.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

}  // namespace

Result<OffsetGaps> FindOffsetGaps(const iceberg::TableMetadata& metadata) {
  OffsetGaps gaps;
  std::map<std::pair<std::string, std::string>, int64_t> ends;
  auto chain = AncestorsOf(metadata, metadata.current_snapshot_id);
  std::ranges::reverse(chain);
  for (const iceberg::Snapshot* snapshot : chain) {
    const auto ranges_text = snapshot->summary.find(kRangesKey);
    if (ranges_text == snapshot->summary.end()) {
      // A commit of Ingot without ranges: what it read is unknown.
      if (snapshot->summary.contains(stage::kOffsetsFileKey)) ends.clear();
      continue;
    }
    const bool moved = snapshot->summary.contains(kResetsKey);
    const Json ranges = Json::parse(ranges_text->second, nullptr, false);
    if (!ranges.is_object())
      return Fail(ErrorKind::kCorrupt, fmt::format("snapshot {}: {}", snapshot->snapshot_id, kRangesKey));
    for (const auto& [topic, partitions] : ranges.items())
      for (const auto& [partition, range] : partitions.items()) {
        if (!range.is_array() || range.size() != 2)
          return Fail(ErrorKind::kCorrupt, fmt::format("snapshot {}: {}", snapshot->snapshot_id, kRangesKey));
        const int64_t begin = range[0].get<int64_t>();
        const auto before = ends.find({topic, partition});
        ++gaps.ranges;
        if (before != ends.end() && before->second != begin && !moved)
          gaps.found.push_back(fmt::format("{} partition {}: snapshot {} begins at {}, the one before ended at {}",
                                           topic, partition, snapshot->snapshot_id, begin, before->second));
        ends[{topic, partition}] = range[1].get<int64_t>();
      }
  }
  return gaps;
}

}  // namespace ingot::bronze
