#include "catalog/rest_changes.h"

#include <algorithm>

namespace ingot::catalog {
namespace {

using Json = nlohmann::json;

/// The metadata as JSON without snapshots and snapshot log, which are long and handled separately.
Json JsonOf(iceberg::TableMetadata metadata) {
  metadata.snapshots = {};
  metadata.snapshot_log = {};
  return Json::parse(iceberg::TableMetadataToJson(metadata));
}

/// The elements of `list` in `from` whose `id` no element of that list in `in` has.
Json ElementsNotIn(const Json& from, const Json& in, const char* list, const char* id) {
  Json missing = Json::array();
  for (const Json& element : from.value(list, Json::array())) {
    const auto& others = in.value(list, Json::array());
    if (std::ranges::none_of(others, [&](const Json& other) { return other.at(id) == element.at(id); }))
      missing.push_back(element);
  }
  return missing;
}

class CommitBuilder {
 public:
  CommitBuilder(const iceberg::TableMetadata& base, const iceberg::TableMetadata& next)
      : base_(JsonOf(base)),
        next_(JsonOf(next)),
        added_(iceberg::SnapshotsNotIn(next, base)),
        removed_(iceberg::SnapshotsNotIn(base, next)) {}

  Json Build() {
    Require("assert-table-uuid", {{"uuid", base_.at("table-uuid")}});
    if (base_.at("format-version") != next_.at("format-version"))
      Update("upgrade-format-version", {{"format-version", next_.at("format-version")}});
    AddElements("schemas", "schema-id", "current-schema-id", "add-schema", "schema", "set-current-schema", "schema-id");
    if (changed_["schemas"]) {
      Require("assert-current-schema-id", {{"current-schema-id", base_.at("current-schema-id")}});
      Require("assert-last-assigned-field-id", {{"last-assigned-field-id", base_.at("last-column-id")}});
    }
    AddElements("partition-specs", "spec-id", "default-spec-id", "add-spec", "spec", "set-default-spec", "spec-id");
    if (changed_["partition-specs"]) {
      Require("assert-default-spec-id", {{"default-spec-id", base_.at("default-spec-id")}});
      Require("assert-last-assigned-partition-id", {{"last-assigned-partition-id", base_.at("last-partition-id")}});
    }
    AddElements("sort-orders", "order-id", "default-sort-order-id", "add-sort-order", "sort-order",
                "set-default-sort-order", "sort-order-id");
    if (base_.at("location") != next_.at("location")) Update("set-location", {{"location", next_.at("location")}});
    UpdateProperties();
    for (const auto* snapshot : added_) Update("add-snapshot", {{"snapshot", Json::parse(snapshot->json)}});
    UpdateRefs();
    UpdateStatistics("statistics", "set-statistics", "remove-statistics");
    UpdateStatistics("partition-statistics", "set-partition-statistics", "remove-partition-statistics");
    Json removed = Json::array();
    for (const auto* snapshot : removed_) removed.push_back(snapshot->snapshot_id);
    if (!removed.empty()) Update("remove-snapshots", {{"snapshot-ids", removed}});
    return {{"requirements", requirements_}, {"updates", updates_}};
  }

 private:
  void Require(const char* type, Json requirement) {
    requirement["type"] = type;
    requirements_.push_back(std::move(requirement));
  }
  void Update(const char* action, Json update) {
    update["action"] = action;
    updates_.push_back(std::move(update));
  }

  void AddElements(const char* list, const char* id, const char* current, const char* add, const char* one,
                   const char* set, const char* set_id) {
    for (const Json& element : ElementsNotIn(next_, base_, list, id)) {
      Json update{{one, element}};
      if (std::string_view(add) == "add-schema") update["last-column-id"] = next_.at("last-column-id");
      Update(add, std::move(update));
      changed_[list] = true;
    }
    if (base_.at(current) == next_.at(current)) return;
    changed_[list] = true;
    Update(set, {{set_id, next_.at(current)}});
  }

  void UpdateProperties() {
    const Json before = base_.value("properties", Json::object()), after = next_.value("properties", Json::object());
    Json set = Json::object(), removed = Json::array();
    for (const auto& [key, value] : after.items())
      if (!before.contains(key) || before.at(key) != value) set[key] = value;
    for (const auto& [key, value] : before.items())
      if (!after.contains(key)) removed.push_back(key);
    if (!set.empty()) Update("set-properties", {{"updates", set}});
    if (!removed.empty()) Update("remove-properties", {{"removals", removed}});
  }

  void UpdateRefs() {
    const Json before = base_.value("refs", Json::object()), after = next_.value("refs", Json::object());
    const auto require = [&](const std::string& name) {
      const Json at = before.contains(name) ? before.at(name).at("snapshot-id") : Json();
      Require("assert-ref-snapshot-id", {{"ref", name}, {"snapshot-id", at}});
    };
    for (const auto& [name, ref] : after.items()) {
      if (before.contains(name) && before.at(name) == ref) continue;
      Json update = ref;
      update["ref-name"] = name;
      Update("set-snapshot-ref", std::move(update));
      require(name);
    }
    for (const auto& [name, ref] : before.items())
      if (!after.contains(name)) {
        Update("remove-snapshot-ref", {{"ref-name", name}});
        require(name);
      }
  }

  /// At most one entry per snapshot.
  void UpdateStatistics(const char* list, const char* set, const char* remove) {
    const Json before = base_.value(list, Json::array()), after = next_.value(list, Json::array());
    for (const Json& entry : after)
      if (std::ranges::find(before, entry) == before.end())
        Update(set, {{"snapshot-id", entry.at("snapshot-id")}, {std::string_view(set).substr(4), entry}});
    for (const Json& entry : ElementsNotIn(base_, next_, list, "snapshot-id"))
      Update(remove, {{"snapshot-id", entry.at("snapshot-id")}});
  }

  const Json base_, next_;
  const std::vector<const iceberg::Snapshot*> added_, removed_;
  Json requirements_ = Json::array();
  Json updates_ = Json::array();
  std::map<std::string, bool> changed_;
};

}  // namespace

Json RestCommit(const iceberg::TableMetadata& base, const iceberg::TableMetadata& next) {
  return CommitBuilder(base, next).Build();
}

Json RestCreate(const std::string& name, const iceberg::TableMetadata& metadata) {
  const Json json = JsonOf(metadata);
  Json body{{"name", name},
            {"schema", json.at("schemas").at(0)},
            {"partition-spec", json.at("partition-specs").at(0)},
            {"stage-create", false},
            {"properties", json.value("properties", Json::object())}};
  if (metadata.format_version > 2)
    body["properties"][iceberg::kFormatVersion] = std::to_string(metadata.format_version);
  if (json.at("default-sort-order-id") != 0) body["write-order"] = json.at("sort-orders").back();
  if (!metadata.location.empty()) body["location"] = metadata.location;
  return body;
}

}  // namespace ingot::catalog
