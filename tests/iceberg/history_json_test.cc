#include "iceberg/history_json.h"

#include <map>

#include "base/json.h"
#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

std::string Refused(const std::string& document) {
  try {
    SplitHistory(document);
  } catch (const JsonProblem& problem) {
    return problem.message;
  }
  return "";
}

std::string Joined(std::string document, const SnapshotList& snapshots, const std::vector<SnapshotLogEntry>& log) {
  return WholeText(JoinHistory(std::move(document), snapshots, log, 2));
}

// Goal:   the history is read from a document and written back unchanged, including unknown keys and spaces.
// Method: a document with each of them.
TEST(HistoryJson, RoundTrip) {
  const std::string snapshot =
      R"({"snapshot-id": 7, "parent-snapshot-id":null,"timestamp-ms":5,"manifest-list":"m\u00e4", "new": {"a":[1, 2]},)"
      R"("summary":{"operation":"append","z":"1","a":"2"},"schema-id":3})";
  const std::string document = R"({"location":"x", "snapshots":[)" + snapshot +
                               R"(],"snapshot-log":[{"timestamp-ms":5,"snapshot-id":7}], "refs" : {"main":{}}})";
  const HistoryText history = SplitHistory(document);
  ASSERT_EQ(history.snapshots.size(), 1u);
  const Snapshot& read = history.snapshots[0];
  EXPECT_EQ(read.snapshot_id, 7);
  EXPECT_FALSE(read.parent_id);
  EXPECT_EQ(read.manifest_list, "mä");
  EXPECT_EQ(read.schema_id, 3);
  EXPECT_EQ(read.summary, (Properties{{"operation", "append"}, {"a", "2"}, {"z", "1"}}));
  EXPECT_EQ(read.json, snapshot);
  ASSERT_EQ(history.snapshot_log.size(), 1u);
  EXPECT_EQ(history.snapshot_log[0].snapshot_id, 7);
  EXPECT_EQ(Json::parse(history.rest), Json::parse(R"({"location":"x","refs":{"main":{}}})"));
  EXPECT_EQ(Json::parse(Joined(history.rest, history.snapshots, history.snapshot_log)), Json::parse(document));
  EXPECT_EQ(Joined("{}", {}, {}), R"({"snapshots":[],"snapshot-log":[]})");
}

// Goal:   equal keys mean equal text, and most pieces stay the same when snapshots are added and removed.
// Method: versions of a list that loses its first snapshots and gets new ones; compare the text of each key between
//         versions.
TEST(HistoryJson, PiecesStay) {
  SnapshotList snapshots;
  std::vector<SnapshotLogEntry> log;
  const auto add = [&](SnapshotId first, SnapshotId last) {
    for (SnapshotId id = first; id < last; ++id) {
      snapshots.push_back({.snapshot_id = id, .timestamp_ms = id, .manifest_list = "m"});
      log.push_back({id, id});
    }
  };
  std::map<TextPiece::Key, std::string> known;
  size_t fresh = 0, shared = 0;
  const auto look = [&] {
    std::string whole;
    fresh = shared = 0;
    for (const TextPiece& piece : JoinHistory("{}", snapshots, log, 2)) {
      std::string text;
      piece.append(text);
      whole += text;
      if (piece.key == TextPiece::Key{}) continue;
      const auto [at, added] = known.emplace(piece.key, text);
      EXPECT_EQ(at->second, text);
      (added ? fresh : shared) += 1;
    }
    EXPECT_EQ(Json::parse(whole)["snapshots"].size(), snapshots.size());
    EXPECT_EQ(Json::parse(whole)["snapshot-log"].size(), log.size());
  };
  add(1, 2000);
  look();
  EXPECT_GT(fresh, 20u);
  snapshots.EraseIf([](const Snapshot& snapshot) { return snapshot.snapshot_id < 500; });
  log.erase(log.begin(), log.begin() + 499);
  add(2000, 2100);
  look();
  EXPECT_GT(shared, 15u);
  EXPECT_LT(fresh, 6u);
}

// Goal:   all fields of a new snapshot are written.
// Method: round trip.
TEST(HistoryJson, NewSnapshots) {
  const Snapshot snapshot{
      .snapshot_id = 1, .parent_id = 2, .sequence_number = 3, .timestamp_ms = 4, .manifest_list = "m", .schema_id = 0};
  const auto read = SplitHistory(Joined("{}", {snapshot}, {})).snapshots[0];
  EXPECT_EQ(read.parent_id, 2);
  EXPECT_EQ(read.sequence_number, 3);
  EXPECT_EQ(read.timestamp_ms, 4);
  std::string first;
  AppendSnapshotJson({.snapshot_id = 1, .manifests = {"a"}}, 1, first);
  EXPECT_EQ(Json::parse(first).contains("sequence-number"), false);
}

// Goal:   errors name the violation of the specification.
// Method: one document per violation.
TEST(HistoryJson, InvalidInput) {
  const auto snapshots = [](const std::string& list) { return R"({"snapshots":)" + list + "}"; };
  EXPECT_EQ(Refused(snapshots(R"([{"timestamp-ms":1,"manifest-list":"m"}])")), "missing 'snapshot-id'");
  EXPECT_EQ(Refused(snapshots(R"([{"snapshot-id":1,"manifest-list":"m"}])")), "missing 'timestamp-ms'");
  EXPECT_EQ(Refused(snapshots(R"([{"snapshot-id":1,"timestamp-ms":1}])")),
            "snapshot 1 has neither 'manifest-list' nor 'manifests'");
  EXPECT_EQ(Refused(snapshots(R"([{"snapshot-id":"1","timestamp-ms":1,"manifest-list":"m"}])")),
            "'snapshot-id' must be a whole number");
  EXPECT_EQ(Refused(snapshots(R"([{"snapshot-id":1,"timestamp-ms":1,"manifest-list":"m","summary":{"a":1}}])")),
            "'a' must be a string");
  EXPECT_TRUE(Refused(snapshots(R"([{"snapshot-id":1,"timestamp-ms":1,"manifest-list":"m","new":[1,,2]}])"))
                  .starts_with("JSON"));
  EXPECT_TRUE(
      Refused(snapshots(R"([{"snapshot-id":1,"manifest-list":"m","a":"8"},"timestamp-ms":1}])")).starts_with("JSON"));
  EXPECT_EQ(Refused(snapshots("{}")), "'snapshots' must be an array");
  EXPECT_EQ(Refused(R"({"snapshot-log":[{"snapshot-id":1}]})"), "missing 'timestamp-ms'");
  EXPECT_TRUE(Refused("{} {}").starts_with("JSON"));
  EXPECT_TRUE(Refused("[]").starts_with("JSON"));
}

}  // namespace
}  // namespace ingot::iceberg
