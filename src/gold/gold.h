// The third stage: recomputes the aggregates of exactly those time groups that new silver rows touched. They cover all
// rows of silver, so that late rows correct old hours.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gold/group_state.h"
#include "stage/days.h"
#include "stage/processor.h"

namespace ingot::gold {

struct GoldOptions {
  bool keep_groups = false;                      // between runs, for followers
  std::optional<stage::DaySpan> recompute_days;  // recomputed from all of silver, after the new rows
  bool days_required = true;  // false: tables that are not grouped by day follow the changes of silver alone
};

/// Keeps the state of groups that new rows touch repeatedly between runs, so that the cost of a follower's round
/// depends on its new rows. The kept state is a cache of silver at the snapshot that gold has consumed. It is dropped,
/// and silver is read, when the two differ or it exceeds half of the memory budget.
class Gold : public stage::Processor {
 public:
  explicit Gold(GoldOptions options = {}) : options_(options) {}

  stage::Stage stage() const override { return stage::Stage::kGold; }
  Status Open(const stage::Environment&) override { return {}; }
  Status EnsureTables(const stage::Environment& environment) override;
  Status PrepareForEngine(const stage::Environment& environment) override;

  /// Processes silver to its end, independently of the deadline. Returns one report for all tables.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;

  struct Kept {
    explicit Kept(const pipeline::GoldSpec& spec) : plan(spec), state(plan) {}
    const GoldPlan plan;
    GroupState state;
    GroupTable whole;  // the touched columns of the groups in `state` that have all their rows
    std::optional<iceberg::SnapshotId> silver_snapshot;

    void Drop();
  };

 private:
  const GoldOptions options_;
  std::map<std::string, std::unique_ptr<Kept>> kept_;  // by gold table
};

}  // namespace ingot::gold
