#include "iceberg/history_json.h"

#include <simdjson.h>

#include "base/json.h"
#include "base/row_hash.h"

namespace ingot::iceberg {
namespace {

namespace ondemand = simdjson::ondemand;

int64_t Whole(ondemand::value value, std::string_view key) {
  int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  uint64_t large = 0;  // some writers use ids above 2^63
  if (value.get_uint64().get(large) != simdjson::SUCCESS)
    ThrowJsonProblem(fmt::format("'{}' must be a whole number", key));
  return int64_t(large);
}

std::string Text(ondemand::value value, std::string_view key) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) ThrowJsonProblem(fmt::format("'{}' must be a string", key));
  return std::string(text);
}

ondemand::array List(ondemand::value value, std::string_view key) {
  ondemand::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) ThrowJsonProblem(fmt::format("'{}' must be an array", key));
  return list;
}

ondemand::object Object(ondemand::value value, std::string_view key) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    ThrowJsonProblem(fmt::format("expected an object in '{}'", key));
  return object;
}

/// Calls `member(key, value)` for each member that is not null.
template <typename Member>
void ForEachMember(ondemand::object object, const Member& member) {
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    ondemand::value value = field.value();
    if (!value.is_null()) member(key, value);
  }
}

Snapshot SnapshotFrom(ondemand::object object) {
  Snapshot snapshot;
  bool has_id = false, has_time = false, has_manifests = false;
  const std::string_view text = object.raw_json();
  snapshot.json = text;
  object.reset();
  ForEachMember(object, [&](std::string_view key, ondemand::value value) {
    if (key == "snapshot-id") {
      snapshot.snapshot_id = Whole(value, key), has_id = true;
    } else if (key == "parent-snapshot-id") {
      snapshot.parent_id = Whole(value, key);
    } else if (key == "sequence-number") {
      snapshot.sequence_number = Whole(value, key);
    } else if (key == "timestamp-ms") {
      snapshot.timestamp_ms = Whole(value, key), has_time = true;
    } else if (key == "manifest-list") {
      snapshot.manifest_list = Text(value, key);
    } else if (key == "schema-id") {
      snapshot.schema_id = int32_t(Whole(value, key));
    } else if (key == "first-row-id") {
      snapshot.first_row_id = Whole(value, key);
    } else if (key == "added-rows") {
      snapshot.added_rows = Whole(value, key);
    } else if (key == "manifests") {
      has_manifests = true;
      for (auto manifest : List(value, key)) snapshot.manifests.push_back(Text(manifest.value(), key));
    } else if (key == "summary") {
      ForEachMember(Object(value, key), [&](std::string_view name, ondemand::value entry) {
        snapshot.summary.emplace_hint(snapshot.summary.end(), std::string(name), "")->second = Text(entry, name);
      });
    }
  });
  if (!has_id) ThrowJsonProblem("missing 'snapshot-id'");
  if (!has_time) ThrowJsonProblem("missing 'timestamp-ms'");
  if (snapshot.manifest_list.empty() && !has_manifests)
    ThrowJsonProblem(fmt::format("snapshot {} has neither 'manifest-list' nor 'manifests'", snapshot.snapshot_id));
  return snapshot;
}

SnapshotLogEntry LogEntryFrom(ondemand::object object) {
  std::optional<int64_t> time, id;
  ForEachMember(object, [&](std::string_view key, ondemand::value value) {
    if (key == "timestamp-ms") time = Whole(value, key);
    if (key == "snapshot-id") id = Whole(value, key);
  });
  if (!time) ThrowJsonProblem("missing 'timestamp-ms'");
  if (!id) ThrowJsonProblem("missing 'snapshot-id'");
  return {*time, *id};
}

/// Splits items into pieces at boundaries that depend on the items' ids, not on their positions, so that removing items
/// at the front leaves later pieces unchanged. `describe(i)` returns the key of an item's text and its approximate
/// size.
template <typename Id, typename Describe, typename Append>
void AppendPieces(size_t count, int bits, const Id& id, const Describe& describe, const Append& append,
                  std::vector<TextPiece>& pieces) {
  constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;
  for (size_t begin = 0, end = 0; begin < count; begin = end) {
    // The very first item has no comma before it.
    TextPiece piece{.key = {begin == 0 ? 1 : 2, begin == 0 ? 3 : 4}};
    bool sealed = false;
    while (end < count && !sealed) {
      const auto [made_of, bytes] = describe(end);
      piece.key = {MixHash(piece.key.first, made_of), MixHash(piece.key.second, made_of ^ kSpread)};
      piece.bytes += size_t(bytes) + 1;
      sealed = uint64_t(id(end++)) * kSpread >> (64 - bits) == 0;
    }
    if (!sealed) piece.key = {};
    piece.append = [append, begin, end](std::string& to) {
      for (size_t i = begin; i < end; ++i) {
        if (i > 0) to += ',';
        append(i, to);
      }
    };
    pieces.push_back(std::move(piece));
  }
}

}  // namespace

HistoryText SplitHistory(std::string_view document) {
  HistoryText history;
  try {
    const simdjson::padded_string padded(document);
    // The on-demand parser does not validate all brackets, so the document is validated first.
    simdjson::dom::parser whole;
    if (const auto error = whole.parse(padded).error())
      ThrowJsonProblem(std::string("JSON: ") + simdjson::error_message(error));
    ondemand::parser parser;
    ondemand::document json = parser.iterate(padded);
    for (auto field : json.get_object()) {
      const std::string_view key = field.escaped_key();
      ondemand::value value = field.value();
      if (key == "snapshots" && !value.is_null()) {
        for (auto snapshot : List(value, key)) history.snapshots.push_back(SnapshotFrom(Object(snapshot.value(), key)));
      } else if (key == "snapshot-log" && !value.is_null()) {
        for (auto entry : List(value, key)) history.snapshot_log.push_back(LogEntryFrom(Object(entry.value(), key)));
      } else {
        const std::string_view text = value.raw_json();
        history.rest += fmt::format("{}\"{}\":{}", history.rest.empty() ? "{" : ",", key, text);
      }
    }
  } catch (const simdjson::simdjson_error& problem) {
    ThrowJsonProblem(std::string("JSON: ") + problem.what());
  }
  history.rest += history.rest.empty() ? "{}" : "}";
  return history;
}

void AppendSnapshotJson(const Snapshot& snapshot, int32_t format_version, std::string& to) {
  if (!snapshot.json.empty()) {
    to += snapshot.json;
    return;
  }
  Json json{{"snapshot-id", snapshot.snapshot_id}, {"timestamp-ms", snapshot.timestamp_ms}};
  if (snapshot.parent_id) json["parent-snapshot-id"] = *snapshot.parent_id;
  if (format_version >= 2) json["sequence-number"] = snapshot.sequence_number;
  if (!snapshot.manifest_list.empty())
    json["manifest-list"] = snapshot.manifest_list;
  else
    json["manifests"] = snapshot.manifests;
  if (!snapshot.summary.empty()) json["summary"] = snapshot.summary;
  if (snapshot.schema_id) json["schema-id"] = *snapshot.schema_id;
  if (snapshot.first_row_id) json["first-row-id"] = *snapshot.first_row_id;
  if (snapshot.added_rows) json["added-rows"] = *snapshot.added_rows;
  to += json.dump();
}

std::vector<TextPiece> JoinHistory(std::string document, const SnapshotList& snapshots,
                                   const std::vector<SnapshotLogEntry>& log, int32_t format_version) {
  std::vector<TextPiece> pieces;
  const auto constant = [&](std::string text) {
    pieces.push_back({.bytes = text.size(), .append = [text](std::string& to) { to += text; }});
  };
  document.pop_back();
  constant(document + (document.size() > 1 ? ",\"snapshots\":[" : "\"snapshots\":["));
  AppendPieces(
      snapshots.size(), 6, [&](size_t i) { return snapshots.At(i).id; },
      [&](size_t i) { return std::pair{snapshots.At(i).serial, snapshots.At(i).json_bytes}; },
      [&snapshots, format_version](size_t i, std::string& to) { AppendSnapshotJson(snapshots[i], format_version, to); },
      pieces);
  constant("],\"snapshot-log\":[");
  AppendPieces(
      log.size(), 9, [&](size_t i) { return log[i].snapshot_id; },
      [&](size_t i) { return std::pair{MixHash(uint64_t(log[i].snapshot_id), uint64_t(log[i].timestamp_ms)), 64}; },
      [&log](size_t i, std::string& to) {
        fmt::format_to(std::back_inserter(to), "{{\"snapshot-id\":{},\"timestamp-ms\":{}}}", log[i].snapshot_id,
                       log[i].timestamp_ms);
      },
      pieces);
  constant("]}");
  return pieces;
}

}  // namespace ingot::iceberg
