#include "bronze/offset_rows.h"

#include <nlohmann/json.hpp>

#include "base/arrow_result.h"
#include "bronze/offsets.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

struct Columns {
  arrow::TimestampBuilder committed_at{arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::default_memory_pool()};
  arrow::Int64Builder snapshot, sequence, begin, end, reset_from;
  arrow::StringBuilder topic;
  arrow::Int32Builder partition;

  Status Append(const iceberg::Snapshot& of, const std::string& name, int32_t number, int64_t first, int64_t next,
                std::optional<int64_t> before) {
    INGOT_ARROW(committed_at.Append(of.timestamp_ms * 1000));
    INGOT_ARROW(snapshot.Append(of.snapshot_id));
    INGOT_ARROW(sequence.Append(of.sequence_number));
    INGOT_ARROW(topic.Append(name));
    INGOT_ARROW(partition.Append(number));
    INGOT_ARROW(begin.Append(first));
    INGOT_ARROW(end.Append(next));
    INGOT_ARROW(before ? reset_from.Append(*before) : reset_from.AppendNull());
    return {};
  }
};

/// Where an operator moved a partition away from in this snapshot.
std::optional<int64_t> ResetFrom(const Json& resets, const std::string& topic, const std::string& partition) {
  if (!resets.is_array()) return std::nullopt;
  for (const Json& reset : resets)
    if (reset.is_object() && reset.value("topic", "") == topic &&
        std::to_string(reset.value("partition", -1)) == partition)
      return reset.value("from", int64_t(0));
  return std::nullopt;
}

Status AppendSnapshot(const iceberg::Snapshot& snapshot, Columns& columns) {
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
      INGOT_TRY(columns.Append(snapshot, topic, std::atoi(partition.c_str()), range[0].get<int64_t>(),
                               range[1].get<int64_t>(), ResetFrom(resets, topic, partition)));
    }
  return {};
}

}  // namespace

Result<Relation> OffsetRows(const iceberg::TableMetadata& metadata) {
  Columns columns;
  for (const iceberg::Snapshot& snapshot : metadata.snapshots) INGOT_TRY(AppendSnapshot(snapshot, columns));
  const auto schema = arrow::schema(
      {arrow::field("committed_at", columns.committed_at.type()), arrow::field("snapshot_id", arrow::int64()),
       arrow::field("sequence_number", arrow::int64()), arrow::field("topic", arrow::utf8()),
       arrow::field("partition", arrow::int32()), arrow::field("begin_offset", arrow::int64()),
       arrow::field("end_offset", arrow::int64()), arrow::field("reset_from", arrow::int64())});
  const int64_t rows = columns.topic.length();
  arrow::ArrayVector arrays;
  for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{
           &columns.committed_at, &columns.snapshot, &columns.sequence, &columns.topic, &columns.partition,
           &columns.begin, &columns.end, &columns.reset_from}) {
    INGOT_ARROW_ASSIGN(arrays.emplace_back(), builder->Finish());
  }
  return RelationOf(arrow::RecordBatch::Make(schema, rows, std::move(arrays)));
}

}  // namespace ingot::bronze
