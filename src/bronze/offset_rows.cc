#include "bronze/offset_rows.h"

#include <nlohmann/json.hpp>

#include "base/cells.h"
#include "bronze/offsets.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

/// The offset from which an operator moved a partition in this snapshot.
std::optional<int64_t> ResetFrom(const Json& resets, const std::string& topic, const std::string& partition) {
  if (!resets.is_array()) return std::nullopt;
  for (const Json& reset : resets)
    if (reset.is_object() && reset.value("topic", "") == topic &&
        std::to_string(reset.value("partition", -1)) == partition)
      return reset.value("from", int64_t(0));
  return std::nullopt;
}

Status AppendSnapshot(const iceberg::Snapshot& snapshot, std::vector<CellRow>& rows) {
  const auto text = [&](const char* key) {
    const auto found = snapshot.summary.find(key);
    return found == snapshot.summary.end() ? std::string() : found->second;
  };
  const Json ranges = Json::parse(text(kRangesKey), nullptr, false);
  if (!ranges.is_object()) return {};
  const Json resets = Json::parse(text(kResetsKey), nullptr, false);
  for (const auto& [topic, partitions] : ranges.items())
    for (const auto& [partition, range] : partitions.items()) {
      if (!range.is_array() || range.size() != 2)
        return Fail(ErrorKind::kCorrupt, "snapshot " + std::to_string(snapshot.snapshot_id) + ": " + kRangesKey);
      const auto reset = ResetFrom(resets, topic, partition);
      rows.push_back({snapshot.timestamp_ms * 1000, snapshot.snapshot_id, snapshot.sequence_number, topic,
                      int64_t(std::atoi(partition.c_str())), range[0].get<int64_t>(), range[1].get<int64_t>(),
                      reset ? Cell(*reset) : Cell()});
    }
  return {};
}

}  // namespace

Result<Relation> OffsetRows(const iceberg::TableMetadata& metadata) {
  std::vector<CellRow> rows;
  for (const iceberg::Snapshot& snapshot : metadata.snapshots) INGOT_TRY(AppendSnapshot(snapshot, rows));
  INGOT_ASSIGN(
      auto batch,
      BatchOf(arrow::schema({arrow::field("committed_at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                             arrow::field("snapshot_id", arrow::int64()),
                             arrow::field("sequence_number", arrow::int64()), arrow::field("topic", arrow::utf8()),
                             arrow::field("partition", arrow::int32()), arrow::field("begin_offset", arrow::int64()),
                             arrow::field("end_offset", arrow::int64()), arrow::field("reset_from", arrow::int64())}),
              rows));
  return RelationOf(std::move(batch));
}

}  // namespace ingot::bronze
