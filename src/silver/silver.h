// The second stage: applies the rules to new bronze rows, drops duplicates, and writes the rest to silver and
// quarantine.
// Protocol (docs/formats/snapshot-summary.md): both tables record the bronze snapshot that they have consumed and the
// definition that computed them. Quarantine commits first. After a crash between the two commits, the step is completed
// or reverted (step.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "silver/clean.h"
#include "silver/gate.h"
#include "stage/processor.h"

namespace ingot::silver {

struct SilverOptions {
  int64_t rows_per_commit = 8'000'000;         // of bronze; a larger snapshot of bronze is not split
  std::optional<iceberg::SnapshotId> until{};  // processes bronze up to this snapshot, instead of the current one
  CleanOptions clean{};
  GateOptions gates{};
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

  struct JudgedRows {
    std::vector<stage::HeldRows> held;         // empty: the engine may publish
    std::optional<iceberg::SnapshotId> until;  // of bronze, the last that it may consume; default: the current one
  };
  /// Judges the rows that another engine would publish. The options must have `judges_first`.
  Result<JudgedRows> JudgeForEngine(const stage::Environment& environment);

  /// Processes bronze to its end, independently of the deadline. Rows that a gate holds back are reported, not
  /// committed (gate.h).
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;

 private:
  const SilverOptions options_;
  std::map<std::string, Gate> gates_;  // by table
};

}  // namespace ingot::silver
