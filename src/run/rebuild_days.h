// Computes days of silver and its quarantine again, from the bronze rows that silver has consumed. Each table changes
// in one commit: the new rows of these days replace the old ones. Other days, and the mark of silver, stay. Source:
// docs/formats/rebuild.md, "Days".
#pragma once

#include "run/run.h"

namespace ingot::run {

/// The stage silver with days to compute again. It processes new rows of bronze first, so that both have the same end.
class SilverOfDays : public stage::Processor {
 public:
  SilverOfDays(silver::SilverOptions options, stage::DaySpan days) : silver_(options), days_(days) {}

  stage::Stage stage() const override { return stage::Stage::kSilver; }
  /// Errors: kBadConfig for a table without days (stage/days.h), or for days whose rows retention has removed from
  /// bronze.
  Status Open(const stage::Environment& environment) override;
  Status EnsureTables(const stage::Environment& environment) override { return silver_.EnsureTables(environment); }
  Status PrepareForEngine(const stage::Environment& environment) override {
    return silver_.PrepareForEngine(environment);
  }

  /// Errors: those of Open; kConflict when other writers win repeatedly.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;

 private:
  silver::Silver silver_;
  const stage::DaySpan days_;
};

/// Checks that the days of each silver table can be computed again. Errors: kBadConfig with the reason.
Status CheckDays(const stage::Environment& environment, stage::DaySpan days);

}  // namespace ingot::run
