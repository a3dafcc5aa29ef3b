#include "run/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "bronze/field_cause.h"
#include "bronze/refusal_cause.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "pipeline/tables.h"
#include "stage/marks.h"
#include "stage/unusual_share.h"

namespace ingot::run {
namespace {

using pipeline::TableKind;
using stage::Environment;
using stage::Share;
using stage::StageReport;
using stage::Warning;
using stage::WarningKind;

constexpr size_t kEarlierMax = 200;  // runs

/// The reports of the last runs with rows that computed by the definition of the newest, newest first.
Result<std::vector<StageReport>> EarlierRuns(const Environment& environment, TableKind kind,
                                             const std::set<std::string>& runs) {
  std::vector<StageReport> earlier;
  const TableKind kinds[] = {kind};
  for (const auto& entry : TablesOf(*environment.pipeline, kinds)) {
    INGOT_ASSIGN(const auto home, environment.Home(entry.spec->table));
    INGOT_ASSIGN(const auto table, iceberg::FindTable(home));
    if (!table) continue;
    std::optional<std::string> definition;
    for (const iceberg::Snapshot* snapshot :
         iceberg::AncestorsOf(*table->metadata, table->metadata->current_snapshot_id)) {
      auto report = stage::ReportOf(*snapshot, home.name.Text());
      if (!report) continue;
      const auto found = snapshot->summary.find(stage::kDefinitionKey);
      const std::string id = found == snapshot->summary.end() ? "" : found->second;
      if (!definition) definition = id;
      if (id != *definition) break;
      if (report->rows_in == 0 || runs.contains(report->run_id)) continue;
      const auto same = std::ranges::find(earlier, report->run_id, &StageReport::run_id);
      if (same != earlier.end())
        same->Add(*report);
      else if (earlier.size() < kEarlierMax)
        earlier.push_back(std::move(*report));
    }
  }
  return earlier;
}

/// The shares of the last runs. Small runs of a follower are joined to the size of what they are compared with.
class Earlier {
 public:
  Earlier(const std::vector<StageReport>& runs, int64_t rows_now, const std::function<Share(const StageReport&)>& of) {
    constexpr size_t kSharesMax = 20;
    Share joined;
    for (const StageReport& run : runs) {
      joined = joined + of(run);
      if (joined.rows == 0 || joined.rows < std::min<int64_t>(rows_now, 1000) / 2) continue;
      total_ = total_ + joined;
      shares_.push_back(std::exchange(joined, {}));
      if (shares_.size() == kSharesMax) break;
    }
  }

  bool IsFar(const Share& now) const { return stage::IsFarFrom(shares_, now); }
  const Share& Total() const { return total_; }
  std::string Text() const {
    return fmt::format("{:.1f} % in the last {}", total_.Value() * 100,
                       shares_.size() == 1 ? "run" : fmt::format("{} runs", shares_.size()));
  }

 private:
  std::vector<Share> shares_;
  Share total_;
};

std::string Percent(const Share& share) {
  return fmt::format("{:.1f} %", share.Value() * 100);
}

std::string Behind(std::string_view separator, const std::string& cause) {
  return cause.empty() ? "" : std::string(separator) + cause;
}

class BronzeJudge {
 public:
  BronzeJudge(const Environment& environment, const StageReport& report, const std::vector<StageReport>& earlier)
      : pipeline_(*environment.pipeline), report_(report), earlier_(earlier) {}

  std::vector<Warning> Run() {
    const Share refused{report_.rows_in, report_.errors};
    const Earlier before(earlier_, refused.rows, [](const StageReport& run) { return Share{run.rows_in, run.errors}; });
    const std::string cause = bronze::CauseOfRefusals(pipeline_, report_.sample.problems, report_.sample.records);
    const bool all = refused.found == refused.rows;
    if (all && (before.Total().found == before.Total().rows || stage::AllAreImprobable(before.Total(), refused.rows))) {
      Add(WarningKind::kEveryRecordRefused, "", refused,
          fmt::format("{} the pipeline file{}. {} keeps them in _payload, with the reason in "
                      "_error",
                      refused.rows == 1 ? "the only record does not fit"
                                        : fmt::format("none of the {} records fits", refused.rows),
                      Behind(": ", cause), pipeline_.bronze.table));
      return std::move(warnings_);
    }
    if (before.IsFar(refused))
      Add(WarningKind::kRefusalShare, "", refused,
          fmt::format("{} of the {} records do not fit, {}{}", Percent(refused), refused.rows, before.Text(),
                      Behind(": ", cause)));
    if (report_.nulls)
      for (const pipeline::FieldSpec& field : pipeline_.fields)
        if (!field.compute && !field.rare) JudgeField(field);
    return std::move(warnings_);
  }

 private:
  void JudgeField(const pipeline::FieldSpec& field) {
    const auto nulls_of = [&](const StageReport& run) {
      if (!run.nulls) return Share{};
      const auto found = run.nulls->find(field.name);
      return Share{run.rows_in - run.errors, found == run.nulls->end() ? 0 : found->second};
    };
    const Share now = nulls_of(report_);
    if (now.rows == 0) return;
    const Earlier before(earlier_, now.rows, nulls_of);
    const Share& total = before.Total();
    const bool all = now.found == now.rows && (total.found == total.rows || stage::AllAreImprobable(total, now.rows));
    if (!all && !before.IsFar(now)) return;
    const bool rose = now.Value() > total.Value();
    const auto cause = all || rose ? bronze::CauseOf(pipeline_, field, report_.sample.records) : bronze::FieldCause();
    const char* what = field.default_json.empty() ? "null" : "absent, and so the default,";
    if (all)
      Add(cause.occurs ? WarningKind::kFieldAlwaysNull : WarningKind::kFieldNeverOccurs, field.name, now,
          fmt::format("field {} is {} {}{}{}", field.name, what,
                      now.rows == 1 ? "in the only record" : fmt::format("in all {} records", now.rows),
                      total.found < total.rows ? " (" + before.Text() + ")" : "", Behind(": ", cause.text)));
    else
      Add(WarningKind::kNullShare, field.name, now,
          fmt::format("field {} is {} in {} of the {} records, {}{}", field.name, what, Percent(now), now.rows,
                      before.Text(), cause.likeliest.empty() ? "" : ": where it is, " + cause.text));
  }

  void Add(WarningKind kind, const std::string& field, const Share& share, std::string message) {
    warnings_.push_back({.kind = kind,
                         .table = pipeline_.bronze.table,
                         .field = field,
                         .message = std::move(message),
                         .rows_checked = share.rows,
                         .rows_found = share.found});
  }

  const pipeline::Pipeline& pipeline_;
  const StageReport& report_;
  const std::vector<StageReport>& earlier_;
  std::vector<Warning> warnings_;
};

const pipeline::Rule* RuleNamed(const pipeline::Pipeline& pipeline, const std::string& name) {
  for (const pipeline::SilverSpec& silver : pipeline.silver)
    for (const pipeline::Rule& rule : silver.rules)
      if (rule.name == name) return &rule;
  return nullptr;
}

/// The fields that a rule requires and that bronze has warned of, as a clause.
std::string NullFieldsOf(const pipeline::Rule* rule, const std::vector<Warning>& bronze) {
  std::vector<std::string> fields;
  for (const Warning& warning : bronze)
    if (rule != nullptr && !warning.field.empty() && rule->check->Requires(warning.field))
      fields.push_back(warning.field);
  return fields.empty() ? "" : fmt::format(", which requires {}", fmt::join(fields, ", "));
}

std::string QuarantineOf(const pipeline::Pipeline& pipeline) {
  return pipeline.silver.empty() ? "quarantine" : pipeline.silver[0].quarantine.table;
}

}  // namespace

Result<std::vector<Warning>> JudgeBronze(const Environment& environment, const StageReport& report,
                                         const std::set<std::string>& runs) {
  if (report.rows_in == 0) return std::vector<Warning>();
  INGOT_ASSIGN(const auto earlier, EarlierRuns(environment, TableKind::kBronze, runs));
  return BronzeJudge(environment, report, earlier).Run();
}

Result<std::vector<Warning>> JudgeSilver(const Environment& environment, const StageReport& report,
                                         const std::set<std::string>& runs, const std::vector<Warning>& bronze) {
  std::vector<Warning> warnings;
  if (report.rows_in == 0) return warnings;
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_ASSIGN(const auto earlier, EarlierRuns(environment, TableKind::kSilver, runs));
  const auto add = [&](WarningKind kind, const std::string& rule, const Share& share, std::string message) {
    warnings.push_back({.kind = kind,
                        .table = report.table,
                        .field = rule,
                        .message = std::move(message),
                        .rows_checked = share.rows,
                        .rows_found = share.found});
  };
  const Share refused{report.rows_in, report.quarantined};
  const Earlier before(earlier, refused.rows,
                       [](const StageReport& run) { return Share{run.rows_in, run.quarantined}; });
  if (refused.found == refused.rows &&
      (before.Total().found == before.Total().rows || stage::AllAreImprobable(before.Total(), refused.rows))) {
    const auto most = std::ranges::max_element(report.broken_by_rule, {}, [](const auto& rule) { return rule.second; });
    if (most == report.broken_by_rule.end()) return warnings;
    const bool said = most->first == "parse" && !bronze.empty();  // bronze warns of records that do not fit
    if (!said)
      add(WarningKind::kEveryRecordRefused, most->first, refused,
          fmt::format("none of the {} rows was kept: {} broke rule {}{}. See them with: ingot query \"SELECT * FROM {} "
                      "LIMIT 10\"",
                      refused.rows, most->second, most->first, NullFieldsOf(RuleNamed(pipeline, most->first), bronze),
                      QuarantineOf(pipeline)));
    return warnings;
  }
  std::set<std::string> rules;
  for (const pipeline::SilverSpec& silver : pipeline.silver)
    for (const pipeline::Rule& rule : silver.rules) rules.insert(rule.name);
  for (const std::string& rule : rules) {
    const auto broken_of = [&](const StageReport& run) {
      const auto found = run.broken_by_rule.find(rule);
      return Share{run.rows_in, found == run.broken_by_rule.end() ? 0 : found->second};
    };
    const Share now = broken_of(report);
    const Earlier last(earlier, now.rows, broken_of);
    if (last.IsFar(now))
      add(WarningKind::kRefusalShare, rule, now,
          fmt::format("{} of the {} rows broke rule {}, {}{}", Percent(now), now.rows, rule, last.Text(),
                      NullFieldsOf(RuleNamed(pipeline, rule), bronze)));
  }
  return warnings;
}

}  // namespace ingot::run
