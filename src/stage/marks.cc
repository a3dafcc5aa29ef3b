#include "stage/marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "iceberg/manifest.h"
#include "iceberg/summary_numbers.h"
#include "maintain/retention.h"
#include "stage/changes.h"

namespace ingot::stage {
namespace {

/// Whether the oldest remaining snapshot kept or deleted files of earlier snapshots. After an expiry it may have no
/// parent (PyIceberg removes it), like the first snapshot of a recreated table.
Result<bool> BuildsOnOthers(const iceberg::Snapshot& oldest, storage::Storage& storage) {
  if (oldest.manifest_list.empty() && oldest.manifests.empty()) return false;
  INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(storage, oldest));
  return std::ranges::any_of(manifests, [&](const iceberg::ManifestFile& manifest) {
    return manifest.added_snapshot_id != oldest.snapshot_id || manifest.existing_files.value_or(0) > 0 ||
           manifest.deleted_files.value_or(0) > 0;
  });
}

}  // namespace

iceberg::Properties MarksOf(const iceberg::TableMetadata& metadata) {
  iceberg::Properties marks;
  bool checkpoint = false, mark = false;
  const auto among = [](const auto& keys, const std::string& key) {
    return std::ranges::find(keys, key) != std::end(keys);
  };
  const auto take = [&](const iceberg::Properties& from) {
    const bool first_checkpoint = !checkpoint, first_mark = !mark && from.contains(kSourceSnapshotKey);
    mark = mark || first_mark;
    for (const auto& [key, value] : from) {
      if (among(kCheckpointKeys, key)) {
        if (first_checkpoint) marks[key] = value, checkpoint = true;
      } else if (among(kMarkKeys, key)) {
        if (first_mark) marks[key] = value;
      } else if (key == kRevertedKey || key == kReplayKey || key == maintain::kRetentionKey ||
                 key.starts_with(kLedgerKey)) {
        marks.try_emplace(key, value);
      }
    }
  };
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(metadata, metadata.current_snapshot_id))
    take(snapshot->summary);
  take(metadata.properties);
  return marks;
}

void PutMarks(iceberg::TableMetadata& metadata, const iceberg::Properties& marks) {
  const auto forget = [&](const auto& keys) {
    if (std::ranges::any_of(keys, [&](const char* key) { return marks.contains(key); }))
      for (const char* key : keys) metadata.properties.erase(key);
  };
  forget(kCheckpointKeys);
  forget(kMarkKeys);
  for (const auto& [key, value] : marks) metadata.properties[key] = value;
}

std::optional<Mark> MarkIn(const iceberg::Properties& properties) {
  if (!properties.contains(kSourceSnapshotKey)) return std::nullopt;
  const auto text = [&](const char* key) {
    const auto found = properties.find(key);
    return found == properties.end() ? "" : found->second;
  };
  const auto snapshot = [&](const char* key) {
    // No snapshot has the id 0. An id that cannot be read must not mean that nothing was consumed.
    return text(key).empty() ? std::nullopt : std::optional(iceberg::FindNumber(properties, key).value_or(0));
  };
  return Mark{.snapshot = snapshot(kSourceSnapshotKey),
              .from = snapshot(kSourceFromKey),
              .source_uuid = text(kSourceTableKey),
              .definition_id = text(kDefinitionKey),
              .program = text(kProgramKey),
              .step_id = text(kStepKey),
              .run_id = text(kRunIdKey),
              .follow_deletes = text(kFollowDeletesKey) == "true"};
}

iceberg::Properties ToProperties(const Mark& mark) {
  const auto text = [](const std::optional<iceberg::SnapshotId>& id) {
    return id ? std::to_string(*id) : std::string();
  };
  iceberg::Properties properties{{kSourceSnapshotKey, text(mark.snapshot)}, {kSourceFromKey, text(mark.from)}};
  for (const auto& [key, value] : {std::pair{kSourceTableKey, &mark.source_uuid},
                                   {kDefinitionKey, &mark.definition_id},
                                   {kProgramKey, &mark.program},
                                   {kStepKey, &mark.step_id},
                                   {kRunIdKey, &mark.run_id}})
    if (!value->empty()) properties[key] = *value;
  if (mark.follow_deletes) properties[kFollowDeletesKey] = "true";
  return properties;
}

Mark MarkOf(const iceberg::TableMetadata& metadata) {
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(metadata, metadata.current_snapshot_id))
    if (auto mark = MarkIn(snapshot->summary)) return *mark;
  return MarkIn(metadata.properties).value_or(Mark());
}

std::optional<iceberg::SnapshotId> ConsumedSnapshot(const iceberg::TableMetadata& metadata) {
  return MarkOf(metadata).snapshot;
}

Status CheckNotReplaced(const iceberg::TableMetadata& metadata, const std::string& table, storage::Storage& storage) {
  const auto chain = iceberg::AncestorsOf(metadata, metadata.current_snapshot_id);
  if (!MarkIn(metadata.properties) || chain.empty() || chain.back()->parent_id) return {};
  if (std::ranges::any_of(chain,
                          [](const iceberg::Snapshot* snapshot) { return MarkIn(snapshot->summary).has_value(); }))
    return {};
  INGOT_ASSIGN(const bool builds, BuildsOnOthers(*chain.back(), storage));
  if (builds) return {};
  return Fail(ErrorKind::kCorrupt,
              fmt::format("table {}: another engine replaced it (snapshot {}), so that its mark describes other rows; "
                          "see docs/troubleshooting.md, \"A stage lost its position\"",
                          table, chain.back()->snapshot_id));
}

void KeepMarks(const iceberg::TableMetadata& before, iceberg::TableMetadata& after) {
  if (auto deleted_by = RowsDeletedBy(before); !deleted_by.empty())
    after.properties[kRowsDeletedKey] = std::move(deleted_by);
  if (const auto marks = MarksOf(before); marks != MarksOf(after)) PutMarks(after, marks);
}

}  // namespace ingot::stage
