// The third stage: the aggregates of exactly those time groups that new silver rows touched, as all of silver gives
// them, so that late rows correct old hours.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gold/group_state.h"
#include "stage/processor.h"

namespace ingot::gold {

/// Days since 1970-01-01 (UTC), both included.
struct DaySpan {
  int32_t from = 0, to = 0;
};

struct GoldOptions {
  bool keep_groups = false;               // from run to run: for followers
  std::optional<DaySpan> recompute_days;  // from all of silver, after what is new
};

/// From run to run it keeps what it knows of the groups that new rows touch again and again, so that a follower's round
/// costs its new rows. What is kept is a cache of silver up to the snapshot that gold says it has consumed: where the
/// two differ, or it grows beyond half of the memory budget, it is dropped and silver is read.
class Gold : public stage::Processor {
 public:
  explicit Gold(GoldOptions options = {}) : options_(options) {}

  stage::Stage stage() const override { return stage::Stage::kGold; }
  Status Open(const stage::Environment&) override { return {}; }
  Status EnsureTables(const stage::Environment& environment) override;
  Status PrepareForEngine(const stage::Environment& environment) override;

  /// To the end of silver, whatever the deadline is. One report for all tables.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;

  struct Kept {
    explicit Kept(const pipeline::GoldSpec& spec) : plan(spec), state(plan) {}
    const GoldPlan plan;
    GroupState state;
    GroupTable whole;  // the touched columns of the groups in `state`, all of whose rows are in it
    std::optional<iceberg::SnapshotId> silver_snapshot;

    void Drop();
  };

 private:
  const GoldOptions options_;
  std::map<std::string, std::unique_ptr<Kept>> kept_;  // by gold table
};

}  // namespace ingot::gold
