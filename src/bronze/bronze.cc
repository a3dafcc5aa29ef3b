#include "bronze/bronze.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/queue.h"
#include "bronze/csv_records.h"
#include "bronze/offsets.h"
#include "bronze/record_parser.h"
#include "iceberg/commit.h"
#include "pipeline/definition.h"
#include "pipeline/plan.h"
#include "rows/scan_relation.h"
#include "rows/table_writer.h"
#include "stage/fence.h"
#include "stage/marks.h"
#include "stage/stage.h"

namespace ingot::bronze {
namespace {

using stage::Environment;
using stage::Stage;
using stage::StageReport;

struct CountedBatch {
  ParsedBatch parsed;
  int64_t records = 0;
  int64_t bytes = 0;
  std::map<int64_t, int64_t> by_produced_at;  // records by produced_at in units of kStep
  stage::RecordSample sample;
};

constexpr size_t kSampledPerBatch = 64, kSampledBytesMax = 64 * 1024;

/// Copies some records, spread over the batch, and reasons why records do not fit.
void TakeSample(const source::RawBatch& batch, CountedBatch& counted) {
  const size_t records = batch.records.size(), wanted = std::min(kSampledPerBatch, records);
  for (size_t i = 0; i < wanted; ++i) {
    const auto& record = batch.records[i * records / wanted];
    if (!record.absent && record.size > 0 && record.size <= kSampledBytesMax)
      counted.sample.records.emplace_back(batch.Bytes(record));
  }
  const auto column = counted.parsed.errors == 0 ? nullptr : counted.parsed.rows->GetColumnByName("_error");
  const auto* reasons = dynamic_cast<const arrow::StringArray*>(column.get());
  for (int64_t row = 0; reasons != nullptr && row < reasons->length(); ++row) {
    if (reasons->IsNull(row)) continue;
    counted.sample.problems.emplace_back(reasons->GetView(row));
    if (counted.sample.problems.size() >= kSampledPerBatch) break;
  }
}

void Count(const source::RawBatch& batch, CountedBatch& counted) {
  constexpr int64_t kStep = 10'000;  // microseconds
  counted.records = int64_t(batch.records.size());
  auto at = counted.by_produced_at.end();
  for (const auto& record : batch.records) {
    counted.bytes += int64_t(record.size);
    if (record.produced_at_micros == source::kNoTime) continue;
    const int64_t step = record.produced_at_micros / kStep * kStep;
    if (at == counted.by_produced_at.end() || at->first != step) at = counted.by_produced_at.try_emplace(step, 0).first;
    ++at->second;
  }
  if (!batch.originals.empty()) counted.bytes = int64_t(batch.original_bytes.size());
}

/// A pool of threads that unpack and parse batches. Parsers are expensive to create because of their buffers. Each is
/// used by one thread at a time.
class ParserPool {
 public:
  ParserPool(const pipeline::Pipeline& pipeline, int threads) : pipeline_(pipeline), workers_(threads) {}

  std::future<Result<CountedBatch>> Begin(source::RawBatch batch, int64_t now_micros) {
    return workers_.Submit([this, now_micros, batch = std::move(batch)]() mutable { return Parse(batch, now_micros); });
  }

 private:
  Result<CountedBatch> Parse(source::RawBatch& batch, int64_t now_micros) {
    INGOT_TRY(batch.Unpack());
    std::unique_ptr<RecordParser> parser;
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) parser = std::move(idle_.back()), idle_.pop_back();
    }
    if (!parser) {
      INGOT_ASSIGN(parser, RecordParser::Make(pipeline_));
    }
    CountedBatch counted;
    INGOT_ASSIGN(counted.parsed, parser->Parse(batch, now_micros));
    Count(batch, counted);
    std::lock_guard lock(mutex_);
    if (sampled_records_ < stage::kSampledMax || (counted.parsed.errors > 0 && sampled_problems_ < stage::kSampledMax))
      TakeSample(batch, counted);
    sampled_records_ += counted.sample.records.size();
    sampled_problems_ += counted.sample.problems.size();
    idle_.push_back(std::move(parser));
    return counted;
  }

  const pipeline::Pipeline& pipeline_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RecordParser>> idle_;
  size_t sampled_records_ = 0, sampled_problems_ = 0;
  ThreadPool workers_;  // last member: the threads end before what they use
};

constexpr std::chrono::milliseconds kWait{50};    // wait for records between checks of the deadline
constexpr std::chrono::milliseconds kGrace{200};  // time to take prefetched records after the deadline

/// What the group readers of one run share.
struct Reading {
  const Environment& environment;
  const BronzeOptions& options;
  const stage::Deadline& deadline;
  const std::function<void(int64_t)>& progress;
  ParserPool& parsers;
  const std::string& definition;
};

/// The content of one commit.
struct Group {
  std::vector<iceberg::DataFile> files;
  OffsetChange change;
  source::Positions reached;  // positions of the table after the commit
  StageReport report;
  bool ended = false;  // the source is at its end, or the deadline has passed
  Status source_outcome;
};

/// Reads until the group is full or the source ends. This thread reads, a pool parses, and one more thread encodes.
class GroupReader {
 public:
  GroupReader(const Reading& reading, const iceberg::Table& table)
      : reading_(reading), table_(table), parsed_(size_t(std::max(1, reading.environment.threads))) {}

  Result<Group> Read(source::Source& source, std::vector<source::OffsetReset> resets) {
    group_.change.resets = std::move(resets);
    group_.change.commit_files = source.CommitFilesFound();
    for (source::FileChange& file : source.FilesFound()) group_.change.Add(std::move(file));
    group_.change.topics = source.Topics();
    rows::WriterOptions options = rows::WriterOptionsOf(*table_.metadata);
    options.buffered_bytes_max = reading_.environment.memory_bytes / 2;
    INGOT_ASSIGN(writer_, rows::TableWriter::Open(table_.home.storage, *table_.metadata, options));
    group_.report = stage::BeginReport(Stage::kBronze, table_.home.name.Text(), reading_.environment.run_id);
    Status encoded;
    std::thread encoder([&] { encoded = Encode(); });
    Pull(source);
    parsed_.Close();
    encoder.join();
    auto files = encoded ? writer_->Finish() : Result<std::vector<iceberg::DataFile>>(std::unexpected(encoded.error()));
    if (!files) {
      writer_->Abandon();
      return std::unexpected(std::move(files).error());
    }
    group_.files = std::move(*files);
    for (const auto& file : group_.files) group_.report.bytes_out += file.file_bytes;
    return std::move(group_);
  }

 private:
  // A source that fails midway ends the group: the earlier records are valid and are committed.
  void Pull(source::Source& source) {
    const BronzeOptions& options = reading_.options;
    const int64_t now = NowMicros();
    std::optional<std::chrono::steady_clock::time_point> due_at;
    int64_t pulled = 0;
    while (pulled < options.rows_per_commit && bytes_in_ < options.bytes_per_commit && !source.Interrupted()) {
      // After the deadline, prefetched records are still taken.
      const bool due = reading_.deadline.Passed();
      if (due && !due_at) due_at = std::chrono::steady_clock::now();
      if (due && std::chrono::steady_clock::now() - *due_at > kGrace) {
        group_.ended = true;
        return;
      }
      auto next = source.Next(due ? std::chrono::milliseconds(0) : kWait);
      if (!next) group_.source_outcome = std::unexpected(next.error());
      if (!next || (!*next && (due || source.AtEnd()))) {
        group_.ended = true;
        return;
      }
      if (!*next) continue;
      source::RawBatch& batch = **next;
      const auto [range, added] = group_.change.ranges.try_emplace(batch.from, OffsetRange{batch.begin, batch.end});
      if (!added) range->second.end = batch.end;
      if (batch.file) group_.change.Add(*std::exchange(batch.file, std::nullopt));
      const int64_t records = batch.Size();
      if (records == 0) continue;
      pulled += records;
      reading_.progress(records);
      if (!parsed_.Push(reading_.parsers.Begin(std::move(batch), now))) return;
    }
  }

  Status Encode() {
    while (auto task = parsed_.Pop()) {
      auto counted = task->get();
      const auto write = [&]() -> Status {
        if (!counted) return std::unexpected(counted.error());
        Report(*counted);
        INGOT_ASSIGN(const auto rows, rows::AlignColumns(counted->parsed.rows, table_.metadata->CurrentSchema()));
        return writer_->Write(rows);
      };
      if (auto written = write(); !written) {
        parsed_.Close();
        while (parsed_.Pop()) continue;
        return written;
      }
    }
    return {};
  }

  void Report(const CountedBatch& counted) {
    StageReport& report = group_.report;
    report.rows_in += counted.records;
    report.rows_out += counted.parsed.rows->num_rows();
    report.errors += counted.parsed.errors;
    if (!report.nulls) report.nulls.emplace();
    for (size_t i = 0; i < counted.parsed.nulls.size(); ++i)
      (*report.nulls)[counted.parsed.rows->schema()->field(int(i))->name()] += counted.parsed.nulls[i];
    report.sample.Add(counted.sample);
    report.bytes_in += counted.bytes;
    bytes_in_ = report.bytes_in;
    if (!reading_.options.follow) return;
    for (const auto& [at, records] : counted.by_produced_at) report.rows_by_produced_at[at] += records;
  }

  const Reading& reading_;
  const iceberg::Table& table_;
  std::unique_ptr<rows::TableWriter> writer_;
  std::atomic<int64_t> bytes_in_{0};  // the part of the report that Pull may read
  BoundedQueue<std::future<Result<CountedBatch>>> parsed_;
  Group group_;
};

/// Commits the rows and offsets of the group. Deletes the files of both when the commit is known to have failed.
Result<iceberg::Table> Commit(const iceberg::Table& table, Group& group, const std::string& definition) {
  group.report.finished_at_micros = NowMicros();
  iceberg::SnapshotChange change{.operation = "append", .added = group.files, .summary = group.report.ToSummary()};
  const std::string ranges = RangesToJson(group.change.ranges);
  if (ranges.size() <= 32 * 1024) change.summary[kRangesKey] = ranges;
  if (!group.change.resets.empty()) change.summary[kResetsKey] = ResetsToJson(group.change.resets);
  iceberg::Properties marks;
  std::vector<std::string> mark_files;
  change.validate = [&](const iceberg::TableMetadata& metadata) -> Status {
    INGOT_ASSIGN(auto before, ReadCheckpoint(*table.home.storage, metadata));
    INGOT_ASSIGN(auto after, Advance(std::move(before), group.change));
    INGOT_TRY(WriteCheckpoint(*table.home.storage, metadata, after, marks, mark_files));
    group.reached = std::move(after.positions);
    for (const char* key : stage::kCheckpointKeys) change.summary.erase(key);
    for (const auto& [key, value] : marks) change.summary[key] = value;
    return {};
  };
  change.metadata_change = [&](iceberg::TableMetadata& metadata) -> Status {
    for (const char* key : stage::kCheckpointKeys) metadata.properties.erase(key);
    for (const auto& [key, value] : marks) metadata.properties[key] = value;
    return {};
  };
  stage::Fence(change, definition, table.home.name.Text());
  auto committed = iceberg::CommitFiles(table.home, change);
  if (!committed) iceberg::DiscardUnlessUnknown(*table.home.storage, mark_files, committed.error());
  return committed;
}

/// Reads and commits from the source's position. Returns true at the end of the source, false when Seek must be called
/// again.
Result<bool> CommitGroups(const Reading& reading, source::Source& source, iceberg::Table& table, StageReport& total) {
  std::vector<source::OffsetReset> resets = source.Resets();
  while (true) {
    GroupReader reader(reading, table);
    INGOT_ASSIGN(Group group, reader.Read(source, std::exchange(resets, {})));
    if (!group.change.empty()) {
      INGOT_TRY(FaultPoint("bronze.after_data_files"));
      INGOT_ASSIGN(table, Commit(table, group, reading.definition));
      group.report.commits = 1;
      total.Add(group.report);
      INGOT_TRY(FaultPoint("bronze.after_commit"));
      source.Committed(group.reached);
    }
    if (!group.source_outcome) return std::unexpected(group.source_outcome.error());
    if (group.ended) return true;
    if (source.Interrupted()) return false;
  }
}

std::vector<stage::Warning> WarningsOf(const pipeline::Pipeline& pipeline, const source::Source& source) {
  std::vector<stage::Warning> warnings;
  for (const source::InputWarning& found : source.Warnings()) {
    stage::Warning warning{.table = pipeline.bronze.table, .field = found.subject, .message = found.message};
    switch (found.kind) {
      case source::InputWarning::Kind::kNoInputFiles:
        warning.kind = stage::WarningKind::kNoInputFiles;
        break;
      case source::InputWarning::Kind::kUnknownHeader:
        warning.kind = stage::WarningKind::kUnknownHeader;
        break;
      case source::InputWarning::Kind::kMissingColumn:
        warning.kind = stage::WarningKind::kMissingColumn;
        break;
    }
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

stage::WantedTable WantedBronze(const pipeline::Pipeline& pipeline) {
  return {.spec = pipeline.bronze, .schema = BronzeSchema(pipeline), .definition = BronzeDefinition(pipeline)};
}

/// Converts a word of the pipeline file: fail, reread or skip.
source::OnChanged OnChangedOf(const std::string& choice) {
  if (choice == "reread") return source::OnChanged::kReread;
  return choice == "skip" ? source::OnChanged::kSkip : source::OnChanged::kFail;
}

}  // namespace

source::SourceOptions SourceOptionsOf(const pipeline::Pipeline& pipeline) {
  const pipeline::SourceSpec& spec = pipeline.source;
  return {.format = spec.format,
          .csv = CsvOptionsOf(pipeline),
          .on_changed = OnChangedOf(spec.on_changed),
          .kafka = spec.kafka,
          .group = "ingot-" + pipeline.name,
          .keep_key = spec.keep_key,
          .keep_headers = spec.keep_headers};
}

Status Bronze::Open(const Environment& environment) {
  const pipeline::SourceSpec& spec = environment.pipeline->source;
  source::SourceOptions options = SourceOptionsOf(*environment.pipeline);
  if (!options_.on_changed.empty()) options.on_changed = OnChangedOf(options_.on_changed);
  options.idle = options_.idle;
  options.follow = options_.follow;
  if (!options_.group.empty()) options.group = options_.group;
  options.memory_bytes = environment.memory_bytes / 8;
  if (options_.on_reset == "earliest") options.on_reset = source::OnReset::kEarliest;
  if (options_.on_reset == "latest") options.on_reset = source::OnReset::kLatest;
  INGOT_ASSIGN(source_, source::OpenSource(options_.source.empty() ? spec.uri : options_.source, options));
  return {};
}

Status Bronze::EnsureTables(const Environment& environment) {
  INGOT_TRY(stage::EnsureTable(environment, WantedBronze(*environment.pipeline)));
  return {};
}

Result<StageReport> Bronze::Run(const Environment& environment, const stage::Deadline& deadline,
                                const std::function<void(int64_t)>& progress) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  StageReport total = stage::BeginReport(Stage::kBronze, pipeline.bronze.table, environment.run_id);
  ParserPool parsers(pipeline, environment.threads);
  const stage::WantedTable wanted = WantedBronze(pipeline);
  const Reading reading{environment, options_, deadline, progress, parsers, wanted.definition};
  INGOT_ASSIGN(const auto ensured, stage::EnsureTable(environment, wanted));
  // The records of a lost commit are reread from the position where the winning commit left the table.
  INGOT_TRY(iceberg::RetryOnConflict(ensured.home, [&](iceberg::Table table) -> Status {
    while (true) {
      INGOT_ASSIGN(const auto checkpoint, ReadCheckpoint(*table.home.storage, *table.metadata));
      INGOT_TRY(source_->Seek(checkpoint));
      const auto ended = CommitGroups(reading, *source_, table, total);
      if (!ended && ended.error().kind == ErrorKind::kConflict)
        LogWarning("bronze: " + ended.error().message + "; rereading from the position of the table");
      INGOT_TRY(ended);
      if (*ended) return {};
      INGOT_ASSIGN(table, iceberg::LoadTable(table.home));
    }
  }));
  total.failed_inputs = source_->Failures();
  total.warnings = WarningsOf(pipeline, *source_);
  total.finished_at_micros = NowMicros();
  return total;
}

}  // namespace ingot::bronze
