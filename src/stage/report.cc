#include "stage/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json_text.h"
#include "stage/marks.h"

namespace ingot::stage {
namespace {

constexpr const char* kRule = "ingot.rule.";
constexpr const char* kNulls = "ingot.nulls";
constexpr const char* kEngine = "ingot.engine";
constexpr const char* kStartedAt = "ingot.started-at-us";
constexpr const char* kFinishedAt = "ingot.finished-at-us";

using NullCounts = std::map<std::string, int64_t>;

constexpr size_t kNullsBytesMax = 8 * 1024;  // in a summary, which every later metadata file holds

/// JSON: {"field": rows}, without fields that have none.
std::string NullsToJson(const NullCounts& nulls) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [field, count] : nulls)
    if (count > 0) json[field] = count;
  return json.dump();
}

std::optional<NullCounts> NullsFromJson(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  NullCounts nulls;
  for (const auto& [field, count] : json.items())
    if (count.is_number_integer()) nulls[field] = count.get<int64_t>();
  return nulls;
}

}  // namespace

void RecordSample::Add(const RecordSample& other) {
  const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
    const size_t left = kSampledMax - std::min(kSampledMax, to.size());
    to.insert(to.end(), from.begin(), from.begin() + ptrdiff_t(std::min(left, from.size())));
  };
  add(records, other.records);
  add(problems, other.problems);
}

StageReport BeginReport(Stage stage, const std::string& table, const std::string& run_id) {
  return {.stage = stage, .table = table, .run_id = run_id, .started_at_micros = NowMicros(), .broken_by_rule = {}};
}

void StageReport::Add(const StageReport& other) {
  for (const ReportCount& field : kReportCounts) this->*field.count += other.*field.count;
  commits += other.commits;
  if (started_at_micros == 0) started_at_micros = other.started_at_micros;
  finished_at_micros = std::max(finished_at_micros, other.finished_at_micros);
  for (const auto& [rule, count] : other.broken_by_rule) broken_by_rule[rule] += count;
  for (const auto& [at, count] : other.rows_by_produced_at) rows_by_produced_at[at] += count;
  held.insert(held.end(), other.held.begin(), other.held.end());
  published_anyway.insert(published_anyway.end(), other.published_anyway.begin(), other.published_anyway.end());
  undecided |= other.undecided;
  if (other.nulls && !nulls) nulls.emplace();
  if (other.nulls)
    for (const auto& [field, count] : *other.nulls) (*nulls)[field] += count;
  sample.Add(other.sample);
  warnings.insert(warnings.end(), other.warnings.begin(), other.warnings.end());
}

bool StageReport::AddPending(const Result<StageReport>& outcome) {
  if (outcome || outcome.error().kind != ErrorKind::kPendingChange) return false;
  pending_changes.push_back(outcome.error().message);
  return true;
}

iceberg::Properties StageReport::ToSummary() const {
  iceberg::Properties summary{{kStageKey, std::string(StageName(stage))},
                              {kRunIdKey, run_id},
                              {kEngine, engine},
                              {kStartedAt, std::to_string(started_at_micros)},
                              {kFinishedAt, std::to_string(finished_at_micros)}};
  for (const ReportCount& field : kReportCounts) summary[field.summary_key] = std::to_string(this->*field.count);
  for (const auto& [rule, count] : broken_by_rule) summary[kRule + rule] = std::to_string(count);
  if (std::string json = nulls ? NullsToJson(*nulls) : ""; !json.empty() && json.size() <= kNullsBytesMax)
    summary[kNulls] = std::move(json);
  return summary;
}

std::string StageReport::ToJson(const std::string& more) const {
  std::string counts, rules, unusual;
  for (const ReportCount& field : kReportCounts) counts += fmt::format("\"{}\":{},", field.name, this->*field.count);
  for (const auto& [rule, count] : broken_by_rule)
    rules += fmt::format("{}{}:{}", rules.empty() ? "" : ",", JsonQuote(rule), count);
  for (const Warning& warning : warnings) unusual += (unusual.empty() ? "" : ",") + warning.ToJson();
  std::string held_rows = more.empty() ? "" : "," + more;
  for (const HeldRows& rows : held)
    held_rows += (&rows == &held.front() ? ",\"held\":[" : ",") + JsonQuote(HeldText(rows));
  if (!held.empty()) held_rows += "]";
  return fmt::format(
      R"({{"stage":{},"table":{},"run_id":{},"engine":{},{}"commits":{},"seconds":{:.3f},"finished_at":{},"broken_by_rule":{{{}}},"warnings":[{}]{}}})",
      JsonQuote(StageName(stage)), JsonQuote(table), JsonQuote(run_id), JsonQuote(engine), counts, commits, Seconds(),
      JsonQuote(FormatTimestampMicros(finished_at_micros)), rules, unusual, held_rows);
}

std::optional<StageReport> ReportOf(const iceberg::Snapshot& snapshot, const std::string& table) {
  const auto text = [&](const char* key) {
    const auto found = snapshot.summary.find(key);
    return found == snapshot.summary.end() ? std::optional<std::string>() : found->second;
  };
  const auto stage = text(kStageKey), run = text(kRunIdKey);
  const auto known = stage ? ParseStage(*stage) : Fail(ErrorKind::kNotFound, "no stage");
  if (!known || !run) return std::nullopt;
  StageReport report{.stage = *known,
                     .table = table,
                     .run_id = *run,
                     .commits = 1,
                     .started_at_micros = iceberg::SummaryNumber(snapshot, kStartedAt),
                     .finished_at_micros = iceberg::SummaryNumber(snapshot, kFinishedAt)};
  if (const auto nulls = text(kNulls)) report.nulls = NullsFromJson(*nulls);
  if (const auto engine = text(kEngine)) report.engine = *engine;  // absent: written by an earlier version
  for (const ReportCount& field : kReportCounts)
    report.*field.count = iceberg::SummaryNumber(snapshot, field.summary_key);
  for (const auto& [key, value] : snapshot.summary)
    if (key.starts_with(kRule))
      report.broken_by_rule[key.substr(std::string_view(kRule).size())] = iceberg::SummaryNumber(snapshot, key);
  return report;
}

std::optional<StageReport> ReportFromJson(std::string_view line, pipeline::Dialect engine) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto text = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const auto number = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? found->get<double>() : 0;
  };
  const auto stage = ParseStage(text("stage"));
  if (!stage) return std::nullopt;
  StageReport report{.stage = *stage, .table = text("table"), .run_id = text("run_id")};
  report.engine = DialectName(engine);
  for (const ReportCount& field : kReportCounts) report.*field.count = int64_t(number(field.name));
  report.commits = int64_t(number("commits"));
  report.finished_at_micros = NowMicros();
  report.started_at_micros = report.finished_at_micros - int64_t(std::llround(number("seconds") * 1e6));
  if (const auto rules = json.find("broken_by_rule"); rules != json.end() && rules->is_object())
    for (const auto& [rule, count] : rules->items())
      if (count.is_number_integer() && count > 0) report.broken_by_rule[rule] = count;
  return report;
}

}  // namespace ingot::stage
