// The second stage: new rows of bronze judged by the rules, duplicates dropped, the rest to silver and quarantine.
// Protocol (docs/formats/snapshot-summary.md): both tables carry the bronze snapshot they have consumed, and what
// computed them. Quarantine commits first; after a crash between the two the step is completed or taken back (step.h).
#pragma once

#include <functional>

#include "stage/processor.h"

namespace ingot::silver {

struct SilverOptions {
  int64_t rows_per_commit = 8'000'000;  // of bronze; a snapshot of bronze with more is not divided
};

class Silver : public stage::Processor {
 public:
  explicit Silver(SilverOptions options) : options_(options) {}

  stage::Stage stage() const override { return stage::Stage::kSilver; }
  Status Open(const stage::Environment&) override { return {}; }
  Status EnsureTables(const stage::Environment& environment) override;

  /// Brings silver and quarantine together for an engine that cannot take back an interrupted step: takes back one of
  /// another definition. Errors: those of NextStep; kUnsupported where bronze was rewritten, which needs Run.
  Status PrepareForEngine(const stage::Environment& environment) override;

  /// To the end of bronze, whatever the deadline is.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;

 private:
  const SilverOptions options_;
};

}  // namespace ingot::silver
