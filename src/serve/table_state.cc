#include "serve/table_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/clock.h"
#include "base/json_text.h"
#include "iceberg/summary.h"

namespace ingot::serve {
namespace {

using stage::StageReport;

constexpr struct {
  const char* name;
  const char* help;
} kGauges[] = {
    {"ingot_table_rows", "Rows in data files of the current snapshot, including rows that delete files delete."},
    {"ingot_table_files", "Data files of the current snapshot."},
    {"ingot_table_delete_files", "Delete files of the current snapshot."},
    {"ingot_table_bytes", "Bytes of all files of the current snapshot."},
    {"ingot_table_snapshots", "Snapshots in the table metadata."},
    {"ingot_table_last_commit_timestamp_seconds", "Time of the newest snapshot, seconds since the epoch."},
};

/// A total in the snapshot's summary; -1 if the writer did not set it.
int64_t Total(const iceberg::Snapshot& snapshot, const char* key) {
  return snapshot.summary.contains(key) ? iceberg::SummaryNumber(snapshot, key) : -1;
}

}  // namespace

Result<TableState> StateOf(const stage::Environment& environment, const std::string& table, size_t runs_max) {
  INGOT_ASSIGN(const auto home, environment.Home(table));
  INGOT_ASSIGN(const auto loaded, iceberg::LoadTable(home));
  const iceberg::TableMetadata& metadata = *loaded.metadata;
  TableState state{.table = table, .snapshots = int64_t(metadata.snapshots.size()), .runs = {}};
  if (const iceberg::Snapshot* current = metadata.CurrentSnapshot()) {
    state.rows = Total(*current, "total-records");
    state.files = Total(*current, "total-data-files");
    state.delete_files = Total(*current, "total-delete-files");
    state.bytes = Total(*current, "total-files-size");
    state.last_commit_ms = current->timestamp_ms;
  }
  for (size_t i = metadata.snapshots.size(); i-- > 0 && state.runs.size() < runs_max;)
    if (auto run = stage::ReportOf(metadata.snapshots[i], table)) state.runs.push_back(std::move(*run));
  return state;
}

void MeasureTables(Metrics& metrics, const std::vector<TableState>& tables) {
  for (const auto& gauge : kGauges) {
    metrics.Declare(gauge.name, MetricKind::kGauge, gauge.help);
    metrics.Clear(gauge.name);
  }
  for (const TableState& state : tables) {
    const auto set = [&](const char* name, int64_t value) {
      if (value >= 0) metrics.Set(name, {{"table", state.table}}, double(value));
    };
    set("ingot_table_rows", state.rows);
    set("ingot_table_files", state.files);
    set("ingot_table_delete_files", state.delete_files);
    set("ingot_table_bytes", state.bytes);
    set("ingot_table_snapshots", state.snapshots);
    metrics.Set("ingot_table_last_commit_timestamp_seconds", {{"table", state.table}},
                double(state.last_commit_ms) / 1e3);
  }
}

std::string TablesToJson(const std::vector<TableState>& tables) {
  std::string json;
  for (const TableState& state : tables)
    json += fmt::format(
        R"({}{{"table":{},"rows":{},"files":{},"delete_files":{},"bytes":{},"snapshots":{},"last_commit":{}}})",
        json.empty() ? "" : ",", JsonQuote(state.table), state.rows, state.files, state.delete_files, state.bytes,
        state.snapshots,
        state.last_commit_ms == 0 ? "null" : JsonQuote(FormatTimestampMicros(state.last_commit_ms * 1000)));
  return "[" + json + "]";
}

std::string RunsToJson(const std::vector<TableState>& tables, size_t limit) {
  std::vector<const StageReport*> runs;
  for (const TableState& state : tables)
    for (const StageReport& run : state.runs) runs.push_back(&run);
  std::ranges::sort(runs, std::greater(), &StageReport::finished_at_micros);
  std::string json;
  for (const StageReport* run : runs | std::views::take(limit)) json += (json.empty() ? "" : ",") + run->ToJson();
  return "[" + json + "]";
}

}  // namespace ingot::serve
