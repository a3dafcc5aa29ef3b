#include "run/replay.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/rows.h"
#include "base/spelling.h"
#include "iceberg/find_table.h"
#include "pipeline/definition.h"
#include "pipeline/evaluate.h"
#include "run/apply.h"
#include "run/change_record.h"
#include "run/condition.h"
#include "run/ledger.h"
#include "run/parse_again.h"

namespace ingot::run {
namespace {

using stage::Environment;

constexpr const char *kRules = "_rules", *kRunId = "_run_id", *kIngestedAt = "_ingested_at";
constexpr stage::Stage kStages[] = {stage::Stage::kBronze, stage::Stage::kSilver};

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The conditions of a command line on the rows of one quarantine table.
class Selecting {
 public:
  static Result<std::unique_ptr<Selecting>> Make(const ReplayOptions& options, const iceberg::Schema& quarantine) {
    auto made = std::make_unique<Selecting>(options);
    if (!options.where.empty()) {
      INGOT_ASSIGN(made->where_, ConditionFrom(options.where, quarantine));
    }
    return made;
  }
  explicit Selecting(const ReplayOptions& options) : options_(options) {}

  silver::QuarantineSelection Selection() {
    silver::QuarantineSelection selection;
    std::vector<iceberg::Filter> filters;
    if (where_) {
      selection.columns = where_->columns;
      filters.push_back(where_->filter);
    }
    if (!options_.rules.empty()) selection.columns.emplace_back(kRules);
    if (!options_.runs.empty()) {
      selection.columns.emplace_back(kRunId);
      std::vector<iceberg::Value> runs(options_.runs.begin(), options_.runs.end());
      filters.push_back(iceberg::In(kRunId, std::move(runs)));
    }
    if (options_.from_micros)
      filters.push_back(
          Compare(kIngestedAt, iceberg::FilterOp::kGreaterOrEqual, iceberg::Value(*options_.from_micros)));
    if (options_.to_micros)
      filters.push_back(Compare(kIngestedAt, iceberg::FilterOp::kLess, iceberg::Value(*options_.to_micros)));
    selection.filter = iceberg::And(std::move(filters));
    selection.matches = [this](const arrow::RecordBatch& rows) { return Matches(rows); };
    return selection;
  }

  /// The columns of --where.
  std::vector<std::string> WhereColumns() const { return where_ ? where_->columns : std::vector<std::string>(); }

  /// The rules that the rows broke on which the selection was evaluated.
  const std::set<std::string, std::less<>>& rules_seen() const { return seen_; }

 private:
  Result<std::vector<bool>> Matches(const arrow::RecordBatch& rows) {
    std::vector<bool> matches(size_t(rows.num_rows()), true);
    if (where_) {
      INGOT_ASSIGN(matches, pipeline::TrueRows(where_->expression, rows));
    }
    if (!options_.rules.empty()) MatchRules(rows, matches);
    if (!options_.runs.empty()) {
      const auto& runs = static_cast<const arrow::StringArray&>(*rows.GetColumnByName(kRunId));
      for (size_t row = 0; row < matches.size(); ++row)
        matches[row] =
            matches[row] && runs.IsValid(int64_t(row)) && Contains(options_.runs, runs.GetView(int64_t(row)));
    }
    const auto& times = static_cast<const arrow::TimestampArray&>(*rows.GetColumnByName(kIngestedAt));
    if (options_.from_micros || options_.to_micros)
      for (size_t row = 0; row < matches.size(); ++row)
        matches[row] = matches[row] && times.IsValid(int64_t(row)) &&
                       (!options_.from_micros || times.Value(int64_t(row)) >= *options_.from_micros) &&
                       (!options_.to_micros || times.Value(int64_t(row)) < *options_.to_micros);
    return matches;
  }

  void MatchRules(const arrow::RecordBatch& rows, std::vector<bool>& matches) {
    const auto& lists = static_cast<const arrow::ListArray&>(*rows.GetColumnByName(kRules));
    const auto& names = static_cast<const arrow::StringArray&>(*lists.values());
    std::lock_guard lock(mutex_);
    for (size_t row = 0; row < matches.size(); ++row) {
      bool broken = false;
      if (lists.IsValid(int64_t(row)))
        for (int32_t i = lists.value_offset(int64_t(row)); i < lists.value_offset(int64_t(row) + 1); ++i) {
          if (names.IsNull(i)) continue;
          broken |= Contains(options_.rules, names.GetView(i));
          if (!seen_.contains(names.GetView(i))) seen_.emplace(names.GetView(i));
        }
      matches[row] = matches[row] && broken;
    }
  }

  const ReplayOptions& options_;
  std::optional<RowCondition> where_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> seen_;  // rules of quarantined rows
};

/// Errors: kBadConfig for a rule that neither the pipeline file nor a quarantined row has.
Status CheckRules(const Environment& environment, const pipeline::SilverSpec& spec, const iceberg::Table& quarantine,
                  const std::vector<std::string>& rules) {
  std::vector<std::string> known = pipeline::RuleNames(spec.rules);
  if (std::ranges::all_of(rules, [&](const std::string& rule) { return Contains(known, rule); })) return {};
  const ReplayOptions options{.rules = rules};
  Selecting selecting(options);
  INGOT_TRY(silver::SpansOf(environment, quarantine, selecting.Selection(), std::numeric_limits<int64_t>::max()));
  for (const std::string& rule : selecting.rules_seen())
    if (!Contains(known, rule)) known.push_back(rule);
  for (const std::string& rule : rules)
    if (!Contains(known, rule))
      return Fail(ErrorKind::kBadConfig, fmt::format("--rule: no rule '{}'{}: it is one of {}", rule,
                                                     DidYouMean(rule, known), fmt::join(known, ", ")));
  return {};
}

std::string Rows(int64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// What the replay did, as a line of ops.changes.
std::string Summary(const silver::Replayed& rows) {
  std::string text = fmt::format("{}: {} moved, {}, {} remain", Rows(rows.selected, "quarantined row"), rows.moved,
                                 Rows(rows.duplicates, "duplicate"), rows.Remaining());
  std::vector<std::string> broken;
  for (const auto& [rule, count] : rows.broken_by_rule) broken.push_back(fmt::format("{} {}", rule, count));
  if (rows.unidentified > 0) broken.push_back(fmt::format("without a source position {}", rows.unidentified));
  return broken.empty() ? text : text + fmt::format(" ({})", fmt::join(broken, ", "));
}

/// The selection as a line of ops.changes, without the values of --where, which may be personal data. Empty without a
/// condition.
std::string Conditions(const ReplayOptions& options, const std::vector<std::string>& columns) {
  std::vector<std::string> parts;
  if (!options.rules.empty()) parts.push_back(fmt::format("rule {}", fmt::join(options.rules, " or ")));
  if (!options.runs.empty()) parts.push_back(fmt::format("run {}", fmt::join(options.runs, " or ")));
  if (options.from_micros) parts.push_back("ingested from " + FormatTimestampMicros(*options.from_micros));
  if (options.to_micros) parts.push_back("ingested before " + FormatTimestampMicros(*options.to_micros));
  if (!columns.empty()) parts.push_back(fmt::format("a condition on {}", fmt::join(columns, " and ")));
  return fmt::format("{}", fmt::join(parts, ", "));
}

Result<ReplayReport> ReplayTable(const Environment& environment, const pipeline::SilverSpec& spec,
                                 const ReplayOptions& options) {
  INGOT_ASSIGN(const auto home, environment.Home(spec.quarantine.table));
  INGOT_ASSIGN(const auto quarantine, iceberg::FindTable(home));
  if (!quarantine)
    return Fail(ErrorKind::kNotFound,
                "table " + spec.quarantine.table + " does not exist: the first `ingot run` creates it");
  ReplayReport report{.silver = spec.table.table, .quarantine = spec.quarantine.table, .rows = {}};
  INGOT_TRY(CheckRules(environment, spec, *quarantine, options.rules));
  INGOT_ASSIGN(const auto selecting, Selecting::Make(options, quarantine->metadata->CurrentSchema()));
  ProgressLine progress("replay to " + spec.table.table, 0, "records");
  silver::ReplayOptions replay{.selection = selecting->Selection()};
  replay.dry_run = options.dry_run;
  replay.progress = [&](int64_t rows) { progress.Add(rows); };
  replay.parser = ParserOf(environment);
  replay.summary = [&, started = NowMicros()](const silver::Replayed& rows) -> iceberg::Properties {
    ChangeRecord record{
        .action = "replay", .differences = {Summary(rows)}, .definition_before = "", .started_at_micros = started};
    if (auto conditions = Conditions(options, selecting->WhereColumns()); !conditions.empty())
      record.differences.push_back(std::move(conditions));
    record.definition_before = pipeline::DefinitionId(SilverDefinition(*environment.pipeline, spec));
    return {{kChangeKey, ToJson(record)}};
  };
  INGOT_ASSIGN(report.rows, silver::Replay(environment, spec, replay));
  return report;
}

}  // namespace

Result<std::vector<ReplayReport>> Replay(const OpenedPipeline& open, const ReplayOptions& options) {
  Environment environment = open.environment;
  environment.run_id = RandomUuid();
  if (options.dry_run) {
    INGOT_ASSIGN(const PipelinePlan plan, MakePlan(environment));
    if (plan.Pending(kStages)) return std::unexpected(PendingError(plan, kStages));
  } else {
    INGOT_TRY(ApplyWithoutChoice(environment, kStages));
  }
  std::vector<ReplayReport> reports;
  for (const pipeline::SilverSpec& spec : environment.pipeline->silver) {
    INGOT_ASSIGN(ReplayReport report, ReplayTable(environment, spec, options));
    reports.push_back(std::move(report));
  }
  if (!options.dry_run) INGOT_TRY(WriteLedger(environment));
  return reports;
}

std::string ToText(const ReplayReport& report, bool dry_run) {
  std::string text = report.silver + ": " + (dry_run ? "would be: " : "") + Summary(report.rows);
  if (report.rows.finished > 0)
    text += fmt::format("; {} of an interrupted replay had reached silver and left quarantine now",
                        Rows(report.rows.finished, "row"));
  return text;
}

}  // namespace ingot::run
