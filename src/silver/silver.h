// The second stage: applies the rules to new bronze rows, drops duplicates, and writes the rest to silver and
// quarantine.
// Protocol (docs/formats/snapshot-summary.md): both tables record the bronze snapshot that they have consumed and the
// definition that computed them. Quarantine commits first. After a crash between the two commits, the step is completed
// or reverted (step.h).
#pragma once

#include <functional>
#include <optional>

#include "silver/clean.h"
#include "stage/processor.h"

namespace ingot::silver {

struct SilverOptions {
  int64_t rows_per_commit = 8'000'000;            // of bronze; a larger snapshot of bronze is not split
  std::optional<iceberg::SnapshotId> until = {};  // processes bronze up to this snapshot, instead of the current one
  CleanOptions clean = {};
};

class Silver : public stage::Processor {
 public:
  explicit Silver(SilverOptions options) : options_(options) {}

  stage::Stage stage() const override { return stage::Stage::kSilver; }
  Status Open(const stage::Environment&) override { return {}; }
  Status EnsureTables(const stage::Environment& environment) override;

  /// Brings silver and quarantine to the same snapshot for an engine that cannot revert an interrupted step: reverts a
  /// step of another definition.
  /// Errors: those of NextStep; kUnsupported when bronze was rewritten, which needs Run.
  Status PrepareForEngine(const stage::Environment& environment) override;

  /// Processes bronze to its end, independently of the deadline.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;

 private:
  const SilverOptions options_;
};

}  // namespace ingot::silver
