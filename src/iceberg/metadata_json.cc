#include <algorithm>

#include "base/json.h"
#include "iceberg/history_json.h"
#include "iceberg/metadata.h"
#include "iceberg/schema_json.h"

namespace ingot::iceberg {
namespace {

Transform TransformFrom(const Json& json) {
  auto transform = ParseTransform(Get<std::string>(json, "transform"));
  if (!transform) ThrowJsonProblem(transform.error().message);
  return *transform;
}

/// Format 3 may write "source-ids"; a single one is the same as "source-id".
FieldId SourceIdFrom(const Json& json) {
  if (!json.contains("source-id") && json.contains("source-ids")) {
    const Json& ids = json["source-ids"];
    if (!ids.is_array() || ids.size() != 1)
      throw JsonProblem{ErrorKind::kUnsupported,
                        "transforms of several columns ('source-ids', Iceberg format 3) are not supported"};
    return As<int32_t>(ids[0], "source-ids");
  }
  return Get<int32_t>(json, "source-id");
}

std::vector<PartitionField> PartitionFieldsFrom(const Json& fields) {
  if (!fields.is_array()) ThrowJsonProblem("partition 'fields' must be an array");
  std::vector<PartitionField> list;
  FieldId next_id = 1000;  // format 1 may omit the ids: they are consecutive
  for (const Json& json : fields) {
    list.push_back({.source_id = SourceIdFrom(json),
                    .field_id = OptionalMember<int32_t>(json, "field-id").value_or(next_id),
                    .name = Get<std::string>(json, "name"),
                    .transform = TransformFrom(json),
                    .other = UnknownMembers(json, {"source-id", "source-ids", "field-id", "name", "transform"})});
    next_id = list.back().field_id + 1;
  }
  return list;
}

Json PartitionFieldsJson(const PartitionSpec& spec) {
  Json fields = Json::array();
  for (const PartitionField& field : spec.fields) {
    fields.push_back(ParseMembers(field.other));
    fields.back().update({{"source-id", field.source_id},
                          {"field-id", field.field_id},
                          {"name", field.name},
                          {"transform", TransformName(field.transform)}});
  }
  return fields;
}

PartitionSpec SpecFrom(const Json& json) {
  return {Get<int32_t>(json, "spec-id"), PartitionFieldsFrom(RequiredMember(json, "fields")),
          UnknownMembers(json, {"spec-id", "fields"})};
}

Json SpecJson(const PartitionSpec& spec) {
  Json json = ParseMembers(spec.other);
  json.update({{"spec-id", spec.spec_id}, {"fields", PartitionFieldsJson(spec)}});
  return json;
}

SortOrder SortOrderFrom(const Json& json) {
  SortOrder order{
      .order_id = Get<int32_t>(json, "order-id"), .fields = {}, .other = UnknownMembers(json, {"order-id", "fields"})};
  for (const Json& field : ArrayOrEmpty(json, "fields")) {
    const auto direction = Get<std::string>(field, "direction"), nulls = Get<std::string>(field, "null-order");
    order.fields.push_back(
        {.source_id = SourceIdFrom(field),
         .transform = TransformFrom(field),
         .descending = direction == "desc",
         .nulls_first = nulls == "nulls-first",
         .other = UnknownMembers(field, {"source-id", "source-ids", "transform", "direction", "null-order"})});
  }
  return order;
}

Json SortOrderJson(const SortOrder& order) {
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    fields.push_back(ParseMembers(field.other));
    fields.back().update({{"transform", TransformName(field.transform)},
                          {"source-id", field.source_id},
                          {"direction", field.descending ? "desc" : "asc"},
                          {"null-order", field.nulls_first ? "nulls-first" : "nulls-last"}});
  }
  Json json = ParseMembers(order.other);
  json.update({{"order-id", order.order_id}, {"fields", std::move(fields)}});
  return json;
}

SnapshotRef RefFrom(const Json& json) {
  SnapshotRef ref{.snapshot_id = Get<int64_t>(json, "snapshot-id"),
                  .type = Get<std::string>(json, "type"),
                  .min_snapshots_to_keep = OptionalMember<int64_t>(json, "min-snapshots-to-keep"),
                  .max_snapshot_age_ms = OptionalMember<int64_t>(json, "max-snapshot-age-ms"),
                  .max_ref_age_ms = OptionalMember<int64_t>(json, "max-ref-age-ms"),
                  .other = UnknownMembers(
                      json, {"snapshot-id", "type", "min-snapshots-to-keep", "max-snapshot-age-ms", "max-ref-age-ms"})};
  if (ref.type != "branch" && ref.type != "tag")
    ThrowJsonProblem("a ref's 'type' must be 'branch' or 'tag', not '" + ref.type + "'");
  return ref;
}

Json RefJson(const SnapshotRef& ref) {
  Json json = ParseMembers(ref.other);
  json.update({{"snapshot-id", ref.snapshot_id}, {"type", ref.type}});
  if (ref.min_snapshots_to_keep) json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  return json;
}

void SchemasFrom(const Json& json, TableMetadata& metadata) {
  if (json.contains("schemas")) {
    for (const Json& schema : ArrayOrEmpty(json, "schemas")) metadata.schemas.push_back(SchemaFrom(schema));
    metadata.current_schema_id = Get<int32_t>(json, "current-schema-id");
  } else if (metadata.format_version == 1) {
    metadata.schemas.push_back(SchemaFrom(RequiredMember(json, "schema")));
    metadata.current_schema_id = metadata.schemas[0].schema_id;
  } else {
    ThrowJsonProblem("missing 'schemas'");
  }
  if (metadata.SchemaById(metadata.current_schema_id) == nullptr)
    ThrowJsonProblem(fmt::format("'current-schema-id' {} is not among 'schemas'", metadata.current_schema_id));
}

void SpecsFrom(const Json& json, TableMetadata& metadata) {
  if (json.contains("partition-specs")) {
    for (const Json& spec : ArrayOrEmpty(json, "partition-specs")) metadata.partition_specs.push_back(SpecFrom(spec));
    metadata.default_spec_id = Get<int32_t>(json, "default-spec-id");
  } else if (metadata.format_version == 1) {
    metadata.partition_specs.push_back({0, PartitionFieldsFrom(RequiredMember(json, "partition-spec"))});
  } else {
    ThrowJsonProblem("missing 'partition-specs'");
  }
  if (metadata.SpecById(metadata.default_spec_id) == nullptr)
    ThrowJsonProblem(fmt::format("'default-spec-id' {} is not among 'partition-specs'", metadata.default_spec_id));
  if (metadata.format_version >= 2) {
    metadata.last_partition_id = Get<int32_t>(json, "last-partition-id");
  } else {
    for (const PartitionSpec& spec : metadata.partition_specs)
      for (const PartitionField& field : spec.fields)
        metadata.last_partition_id = std::max(metadata.last_partition_id, field.field_id);
    metadata.last_partition_id =
        OptionalMember<int32_t>(json, "last-partition-id").value_or(metadata.last_partition_id);
  }
}

void SortOrdersFrom(const Json& json, TableMetadata& metadata) {
  if (metadata.format_version >= 2 && !json.contains("sort-orders")) ThrowJsonProblem("missing 'sort-orders'");
  for (const Json& order : ArrayOrEmpty(json, "sort-orders")) metadata.sort_orders.push_back(SortOrderFrom(order));
  if (metadata.sort_orders.empty()) metadata.sort_orders.push_back({});
  metadata.default_sort_order_id = metadata.format_version >= 2
                                       ? Get<int32_t>(json, "default-sort-order-id")
                                       : OptionalMember<int32_t>(json, "default-sort-order-id").value_or(0);
}

void HistoryFrom(const Json& json, TableMetadata& metadata) {
  metadata.current_snapshot_id = OptionalMember<int64_t>(json, "current-snapshot-id");
  if (metadata.current_snapshot_id == -1) metadata.current_snapshot_id.reset();
  for (const Json& entry : ArrayOrEmpty(json, "metadata-log"))
    metadata.metadata_log.push_back({Get<int64_t>(entry, "timestamp-ms"), Get<std::string>(entry, "metadata-file"),
                                     UnknownMembers(entry, {"timestamp-ms", "metadata-file"})});
  if (json.contains("refs"))
    for (const auto& [name, ref] : json["refs"].items()) metadata.refs[name] = RefFrom(ref);
  if (metadata.current_snapshot_id && metadata.CurrentSnapshot() == nullptr)
    ThrowJsonProblem(fmt::format("'current-snapshot-id' {} is not among 'snapshots'", *metadata.current_snapshot_id));
  for (const auto& [name, ref] : metadata.refs)
    if (metadata.SnapshotById(ref.snapshot_id) == nullptr)
      ThrowJsonProblem(fmt::format("ref '{}' names an unknown snapshot {}", name, ref.snapshot_id));
  if (metadata.current_snapshot_id && !metadata.refs.contains("main"))
    metadata.refs["main"] = {.snapshot_id = *metadata.current_snapshot_id};
  if (metadata.refs.contains("main") && metadata.refs["main"].snapshot_id != metadata.current_snapshot_id)
    ThrowJsonProblem("'current-snapshot-id' and the main branch differ");
}

TableMetadata MetadataFrom(HistoryText history, const Json& json) {
  TableMetadata metadata;
  metadata.snapshots = std::move(history.snapshots);
  metadata.snapshot_log = std::move(history.snapshot_log);
  if (json.contains("view-uuid") || (json.contains("versions") && json.contains("current-version-id")))
    throw JsonProblem{ErrorKind::kUnsupported,
                      "this is an Iceberg view; views are not supported: use the tables that it reads"};
  metadata.format_version = Get<int32_t>(json, "format-version");
  if (metadata.format_version < 1 || metadata.format_version > 3)
    throw JsonProblem{
        ErrorKind::kUnsupported,
        fmt::format("Iceberg format {} is not supported; Ingot reads formats 1 to 3", metadata.format_version)};
  metadata.table_uuid = metadata.format_version >= 2 ? Get<std::string>(json, "table-uuid")
                                                     : OptionalMember<std::string>(json, "table-uuid").value_or("");
  metadata.location = Get<std::string>(json, "location");
  metadata.last_sequence_number = metadata.format_version >= 2 ? Get<int64_t>(json, "last-sequence-number") : 0;
  metadata.last_updated_ms = Get<int64_t>(json, "last-updated-ms");
  metadata.last_column_id = Get<int32_t>(json, "last-column-id");
  if (metadata.format_version >= 3) {
    // Some early writers of format 3 omitted it. It is greater than all row ids of the snapshots.
    metadata.next_row_id = OptionalMember<int64_t>(json, "next-row-id").value_or(0);
    for (const Snapshot& snapshot : metadata.snapshots)
      metadata.next_row_id = std::max(metadata.next_row_id, snapshot.NextRowId());
  }
  SchemasFrom(json, metadata);
  SpecsFrom(json, metadata);
  SortOrdersFrom(json, metadata);
  metadata.properties = StringMap(json, "properties");
  HistoryFrom(json, metadata);
  metadata.other =
      UnknownMembers(json, {"format-version",  "table-uuid",          "location",       "last-sequence-number",
                            "last-updated-ms", "last-column-id",      "next-row-id",    "schema",
                            "schemas",         "current-schema-id",   "partition-spec", "partition-specs",
                            "default-spec-id", "last-partition-id",   "sort-orders",    "default-sort-order-id",
                            "properties",      "current-snapshot-id", "metadata-log",   "refs"});
  return metadata;
}

void HistoryInto(const TableMetadata& metadata, Json& json) {
  if (metadata.current_snapshot_id)
    json["current-snapshot-id"] = *metadata.current_snapshot_id;
  else if (metadata.format_version < 3)
    json["current-snapshot-id"] = -1;
  Json metadata_log = Json::array(), refs = Json::object();
  for (const auto& entry : metadata.metadata_log) {
    metadata_log.push_back(ParseMembers(entry.other));
    metadata_log.back().update({{"timestamp-ms", entry.timestamp_ms}, {"metadata-file", entry.metadata_file}});
  }
  for (const auto& [name, ref] : metadata.refs) refs[name] = RefJson(ref);
  json["metadata-log"] = std::move(metadata_log);
  json["refs"] = std::move(refs);
}

}  // namespace

Result<TableMetadata> ParseTableMetadata(std::string_view text) {
  return WithContext(CatchJsonProblems([&] {
                       HistoryText history = SplitHistory(text);
                       const Json json = Json::parse(history.rest);
                       return MetadataFrom(std::move(history), json);
                     }),
                     "table metadata");
}

std::string TableMetadataToJson(const TableMetadata& metadata) {
  return WholeText(TableMetadataPieces(metadata));
}

std::vector<TextPiece> TableMetadataPieces(const TableMetadata& metadata) {
  Json json = ParseMembers(metadata.other);
  json["format-version"] = metadata.format_version;
  if (!metadata.table_uuid.empty()) json["table-uuid"] = metadata.table_uuid;
  json["location"] = metadata.location;
  if (metadata.format_version >= 2) json["last-sequence-number"] = metadata.last_sequence_number;
  json["last-updated-ms"] = metadata.last_updated_ms;
  json["last-column-id"] = metadata.last_column_id;
  if (metadata.format_version >= 3) json["next-row-id"] = metadata.next_row_id;
  json["schemas"] = Json::array();
  for (const Schema& schema : metadata.schemas) json["schemas"].push_back(SchemaJson(schema));
  json["current-schema-id"] = metadata.current_schema_id;
  json["partition-specs"] = Json::array();
  for (const PartitionSpec& spec : metadata.partition_specs) json["partition-specs"].push_back(SpecJson(spec));
  json["default-spec-id"] = metadata.default_spec_id;
  json["last-partition-id"] = metadata.last_partition_id;
  json["sort-orders"] = Json::array();
  for (const SortOrder& order : metadata.sort_orders) json["sort-orders"].push_back(SortOrderJson(order));
  json["default-sort-order-id"] = metadata.default_sort_order_id;
  if (metadata.format_version == 1) {
    json["schema"] = SchemaJson(metadata.CurrentSchema());
    json["partition-spec"] = PartitionFieldsJson(metadata.DefaultSpec());
  }
  json["properties"] = metadata.properties;
  HistoryInto(metadata, json);
  return JoinHistory(json.dump(), metadata.snapshots, metadata.snapshot_log, metadata.format_version);
}

}  // namespace ingot::iceberg
