// The cost of a long history: commits and scan plans of an empty table and of one with 10,000 snapshots and 100,000
// data files, on the local disk with the default SQLite catalog:
//
//   tables [--benchmark_filter=…]
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "base/clock.h"
#include "bench/described_file.h"
#include "catalog/open.h"
#include "iceberg/location_catalog.h"
#include "iceberg/table.h"
#include "pipeline/plan.h"
#include "rows/scan.h"

namespace {

using namespace ingot;
using bench::FileOf;
using bench::Must;

constexpr int kSnapshots = 10'000, kFilesPerSnapshot = 10;
constexpr int64_t kFirstMicros = 1'700'000'000 * kMicrosPerSecond / kMicrosPerDay * kMicrosPerDay;
constexpr int64_t kMicrosPerSnapshot = 60 * kMicrosPerSecond;  // a commit per minute: a week of history

int64_t TimeOf(int64_t snapshot) {
  return kFirstMicros + snapshot * kMicrosPerSnapshot;
}

/// Two silver tables in one catalog: an empty one and one with a long history.
struct Tables {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("ingot-tables-{}", getpid());
  pipeline::Pipeline pipeline = Must(pipeline::LoadPipeline(INGOT_SOURCE_DIR "/pipelines/speedtest.yaml"));
  std::shared_ptr<storage::Storage> storage;
  std::shared_ptr<iceberg::Catalog> catalog;
  iceberg::TableHome fresh, old;

  static Tables& Get() {
    static Tables tables;
    return tables;
  }

  Tables() {
    // Another process creates the tables, so that this one starts without cached metadata.
    const pid_t child = fork();
    if (child == 0) {
      Open();
      Make(fresh);
      Make(old);
      AddHistory();
      std::_Exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) std::exit(1);
    Open();
  }
  ~Tables() { std::filesystem::remove_all(folder); }

  static iceberg::SnapshotChange Append(const iceberg::TableMetadata& table, int64_t snapshot) {
    iceberg::SnapshotChange change{.added = {FileOf(table, TimeOf(snapshot), kMicrosPerSnapshot, 0)}};
    change.summary = {{"ingot.run-id", "00000000-0000-0000-0000-000000000000"}, {"ingot.stage", "silver"}};
    for (const char* key :
         {"ingot.rows-in", "ingot.rows-out", "ingot.bytes-in", "ingot.bytes-out", "ingot.source-snapshot-id",
          "ingot.started-at-us", "ingot.finished-at-us", "ingot.rule.complete", "ingot.rule.plausible_upload"})
      change.summary[key] = std::to_string(kFirstMicros + snapshot);
    return change;
  }

 private:
  void Open() {
    const std::string root = "file://" + folder.string();
    storage = Must(storage::OpenStorage(root));
    catalog = Must(catalog::OpenCatalog("sqlite://" + (folder / "catalog.db").string(), root));
    fresh = {catalog, storage, {"bench", "fresh"}};
    old = {catalog, storage, {"bench", "old"}};
  }

  void Make(const iceberg::TableHome& home) {
    Must(iceberg::CreateTable(
        home, Must(iceberg::MakeTableMetadata({.schema = pipeline::SilverSchema(pipeline, pipeline.silver[0]),
                                               .partition = {{"timestamp", {.kind = iceberg::TransformKind::kDay}}},
                                               .location = "file://" + (folder / home.name.name).string()}))));
  }

  /// Creates the state after 10,000 commits, with manifests merged a hundred at a time, without writing the versions in
  /// between.
  void AddHistory() {
    const auto table = Must(iceberg::LoadTable(old));
    iceberg::TableMetadata metadata = *table.metadata;
    std::vector<iceberg::ManifestFile> manifests;
    std::vector<iceberg::ManifestEntry> entries;
    for (int i = 0; i < kSnapshots; ++i) {
      iceberg::Snapshot snapshot{
          .snapshot_id = i + 1,
          .sequence_number = i + 1,
          .timestamp_ms = metadata.last_updated_ms,
          .manifest_list = fmt::format("{}/metadata/snap-{:019}-1-{:036}.avro", metadata.location, i, i),
          .summary = Append(metadata, i).summary,
          .schema_id = 0};
      if (i > 0) snapshot.parent_id = i;
      snapshot.summary["operation"] = "append";
      for (const char* key : {"added-data-files", "added-records", "added-files-size", "changed-partition-count",
                              "total-records", "total-data-files", "total-delete-files", "total-files-size",
                              "total-position-deletes", "total-equality-deletes"})
        snapshot.summary[key] = std::to_string(int64_t(i) * 123'456);
      for (int file = 0; file < kFilesPerSnapshot; ++file)
        entries.push_back({iceberg::EntryStatus::kExisting, i + 1, i + 1, i + 1,
                           FileOf(metadata, TimeOf(i), kMicrosPerSnapshot, file)});
      const bool merged = i < kSnapshots - 50;
      if (!merged || entries.size() == 1000 * kFilesPerSnapshot || i + 1 == kSnapshots - 50) {
        auto manifest = Must(iceberg::WriteManifest(
            *storage, fmt::format("{}/metadata/{}-m0.avro", metadata.location, i),
            {.schema = &metadata.CurrentSchema(), .spec = &metadata.DefaultSpec(), .snapshot_id = i + 1}, entries));
        manifest.sequence_number = i + 1;
        manifests.push_back(std::move(manifest));
        entries.clear();
      }
      if (i + 1 == kSnapshots) Must(iceberg::WriteManifestList(*storage, snapshot.manifest_list, snapshot, manifests));
      iceberg::AddSnapshot(metadata, std::move(snapshot), "main");
    }
    Must(iceberg::CommitMetadata(old, [&](iceberg::TableMetadata& now) -> Status { return now = metadata, Status(); }));
  }
};

const iceberg::TableHome& HomeOf(const benchmark::State& state) {
  return state.range(0) == 0 ? Tables::Get().fresh : Tables::Get().old;
}

void Load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Must(iceberg::LoadTable(HomeOf(state))));
}

/// Loads without cached metadata, like a process that has just started.
void FirstLoad(benchmark::State& state) {
  const auto location = Must(iceberg::LoadTable(HomeOf(state))).metadata_location;
  for (auto _ : state) benchmark::DoNotOptimize(Must(iceberg::ReadMetadataFile(*Tables::Get().storage, location)));
  state.counters["bytes"] = double(Must(Tables::Get().storage->ReadAll(location)).size());
}

/// Writes and syncs a file as large as the metadata: the lower bound for a commit.
void WriteBytes(benchmark::State& state) {
  const auto location = Must(iceberg::LoadTable(HomeOf(state))).metadata_location;
  const std::string bytes = Must(Tables::Get().storage->ReadAll(location));
  static int i = 0;
  for (auto _ : state)
    Must(Tables::Get().storage->CreateAtomic(fmt::format("{}/written-{}", Tables::Get().folder.string(), i++), bytes));
}

/// Appends one file; each commit also adds to the table's history.
void Commit(benchmark::State& state) {
  const auto& home = HomeOf(state);
  int64_t i = kSnapshots;
  const auto change = Tables::Append(*Must(iceberg::LoadTable(home)).metadata, i++);
  for (auto _ : state) Must(iceberg::CommitSnapshot(home, change));
}

void PlanOneHour(benchmark::State& state) {
  const auto table = Must(iceberg::LoadTable(Tables::Get().old));
  const int64_t from = kFirstMicros + kSnapshots / 2 * kMicrosPerSnapshot / kMicrosPerHour * kMicrosPerHour;
  const rows::ScanOptions options{
      .columns = {"user_id", "timestamp"},
      .filter = iceberg::And({Compare("timestamp", iceberg::FilterOp::kGreaterOrEqual, from),
                              Compare("timestamp", iceberg::FilterOp::kLess, from + kMicrosPerHour)})};
  size_t files = 0;
  for (auto _ : state) files = Must(rows::PlanScan(*Tables::Get().storage, *table.metadata, options)).tasks.size();
  state.counters["files"] = double(files);
}

void PlanAll(benchmark::State& state) {
  const auto table = Must(iceberg::LoadTable(Tables::Get().old));
  size_t files = 0;
  for (auto _ : state) {
    std::optional plan = Must(rows::PlanScan(*Tables::Get().storage, *table.metadata, {}));
    state.PauseTiming();  // while the plan is destroyed
    files = plan->tasks.size();
    plan.reset();
    state.ResumeTiming();
  }
  state.counters["files"] = double(files);
}

// Commits lengthen the history, so few iterations are run.
#define ONCE Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)->Repetitions(45)->ReportAggregatesOnly()
#define OFTEN Unit(benchmark::kMillisecond)->UseRealTime()->Repetitions(5)->ReportAggregatesOnly()
BENCHMARK(Load)->Arg(0)->Arg(1)->OFTEN;
BENCHMARK(FirstLoad)->Arg(0)->Arg(1)->OFTEN;
BENCHMARK(WriteBytes)->Arg(0)->Arg(1)->ONCE;
BENCHMARK(PlanOneHour)->OFTEN;
BENCHMARK(PlanAll)->OFTEN;
BENCHMARK(Commit)->Arg(0)->Arg(1)->ONCE;

}  // namespace

int main(int count, char** arguments) {
  mallopt(M_MMAP_THRESHOLD, 64 << 20);  // same setting as the program
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  benchmark::Initialize(&count, arguments);
  Tables::Get();
  benchmark::RunSpecifiedBenchmarks();
}
