#include "iceberg/metadata_rows.h"

#include "base/arrow_result.h"
#include "iceberg/json.h"

namespace ingot::iceberg {

Result<Relation> SnapshotRows(const TableMetadata& metadata) {
  const auto instant = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder committed_at(instant, arrow::default_memory_pool());
  arrow::Int64Builder id, parent, sequence;
  arrow::StringBuilder operation, manifests, summary;
  for (const Snapshot& snapshot : metadata.snapshots) {
    INGOT_ARROW(committed_at.Append(snapshot.timestamp_ms * 1000));
    INGOT_ARROW(id.Append(snapshot.snapshot_id));
    INGOT_ARROW(snapshot.parent_id ? parent.Append(*snapshot.parent_id) : parent.AppendNull());
    INGOT_ARROW(sequence.Append(snapshot.sequence_number));
    INGOT_ARROW(operation.Append(snapshot.Operation()));
    INGOT_ARROW(manifests.Append(snapshot.manifest_list));
    INGOT_ARROW(summary.Append(Json(snapshot.summary).dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  arrow::ArrayVector columns;
  for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{
           &committed_at, &id, &parent, &sequence, &operation, &manifests, &summary}) {
    INGOT_ARROW_ASSIGN(columns.emplace_back(), builder->Finish());
  }
  const auto schema =
      arrow::schema({arrow::field("committed_at", instant), arrow::field("snapshot_id", arrow::int64()),
                     arrow::field("parent_id", arrow::int64()), arrow::field("sequence_number", arrow::int64()),
                     arrow::field("operation", arrow::utf8()), arrow::field("manifest_list", arrow::utf8()),
                     arrow::field("summary", arrow::utf8())});
  return RelationOf(arrow::RecordBatch::Make(schema, int64_t(metadata.snapshots.size()), std::move(columns)));
}

}  // namespace ingot::iceberg
