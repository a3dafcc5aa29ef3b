#include "bronze/bronze.h"

#include <fmt/format.h>

#include <future>
#include <thread>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/retry.h"
#include "bronze/offsets.h"
#include "bronze/record_parser.h"
#include "iceberg/scan_relation.h"
#include "iceberg/table_writer.h"
#include "pipeline/plan.h"

namespace ingot::bronze {
namespace {

using pipeline::StageContext;
using pipeline::StageReport;

/// Parsers are expensive to make (their buffers) and belong to one thread at a time.
class ParserPool {
 public:
  explicit ParserPool(const pipeline::Pipeline& pipeline) : pipeline_(pipeline) {}

  Result<ParsedBatch> Parse(const source::RawBatch& batch, int64_t now_micros) {
    std::unique_ptr<RecordParser> parser;
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) parser = std::move(idle_.back()), idle_.pop_back();
    }
    if (!parser) {
      INGOT_ASSIGN(parser, RecordParser::Make(pipeline_));
    }
    auto parsed = parser->Parse(batch, now_micros);
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(parser));
    return parsed;
  }

 private:
  const pipeline::Pipeline& pipeline_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RecordParser>> idle_;
};

/// What one commit will carry.
struct Group {
  std::vector<iceberg::DataFile> files;
  OffsetRanges ranges;
  StageReport report;
  bool source_ended = false;
  Status source_outcome;
};

/// Reads until the group is full or the source ends: reading here, parsing on threads, encoding on a thread of its own.
class GroupReader {
 public:
  GroupReader(const StageContext& context, const iceberg::Table& table, ParserPool& parsers,
              const std::function<void(int64_t)>& progress)
      : context_(context),
        table_(table),
        parsers_(parsers),
        progress_(progress),
        parsed_(size_t(std::max(1, context.threads))) {}

  Result<Group> Read(source::Source& source) {
    iceberg::WriterOptions options = iceberg::WriterOptionsOf(*table_.metadata);
    options.buffered_bytes_max = context_.memory_bytes / 2;
    INGOT_ASSIGN(writer_, iceberg::TableWriter::Open(context_.storage, *table_.metadata, options));
    group_.report = {.stage = "bronze",
                     .table = table_.home.name.Text(),
                     .run_id = context_.run_id,
                     .started_at_micros = NowMicros(),
                     .broken_by_rule = {}};
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

  void Abandon() { writer_->Abandon(); }

 private:
  // A source that fails midway ends the group: what came before is good and is committed.
  void Pull(source::Source& source) {
    const int64_t now = NowMicros();
    while (group_.report.rows_in < context_.rows_per_commit) {
      auto next = source.Next();
      if (!next) group_.source_outcome = std::unexpected(next.error());
      if (!next || !*next) {
        group_.source_ended = true;
        return;
      }
      const source::RawBatch& batch = **next;
      const auto [range, added] = group_.ranges.try_emplace(batch.from, OffsetRange{batch.begin, batch.end});
      if (!added) range->second.end = batch.end;
      group_.report.rows_in += int64_t(batch.records.size());
      if (batch.records.empty()) continue;
      group_.report.bytes_in += batch.end - batch.begin;
      progress_(int64_t(batch.records.size()));
      auto task =
          std::async(std::launch::async, [this, now, batch = std::move(**next)] { return parsers_.Parse(batch, now); });
      if (!parsed_.Push(std::move(task))) return;
    }
  }

  Status Encode() {
    while (auto task = parsed_.Pop()) {
      auto parsed = task->get();
      const auto write = [&]() -> Status {
        if (!parsed) return std::unexpected(parsed.error());
        group_.report.errors += parsed->errors;
        group_.report.rows_out += parsed->rows->num_rows();
        INGOT_ASSIGN(const auto rows, iceberg::AlignColumns(parsed->rows, table_.metadata->CurrentSchema()));
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

  const StageContext& context_;
  const iceberg::Table& table_;
  ParserPool& parsers_;
  const std::function<void(int64_t)>& progress_;
  std::unique_ptr<iceberg::TableWriter> writer_;
  BoundedQueue<std::future<Result<ParsedBatch>>> parsed_;
  Group group_;
};

/// The offsets that a commit tried on one state of the table; their file, when they have one, goes when the commit
/// loses.
Result<iceberg::Table> Commit(const StageContext& context, const iceberg::Table& table, Group& group) {
  group.report.finished_at_micros = NowMicros();
  iceberg::SnapshotChange change{.operation = "append",
                                 .added = group.files,
                                 .removes = {},
                                 .summary = group.report.ToSummary(),
                                 .validate = {},
                                 .metadata_change = {}};
  const std::string ranges = RangesToJson(group.ranges);
  if (ranges.size() <= 32 * 1024) change.summary["ingot.offset-ranges"] = ranges;
  iceberg::Properties marks;
  std::string offsets_file;
  change.validate = [&](const iceberg::TableMetadata& metadata) -> Status {
    INGOT_ASSIGN(auto before, ReadPositions(*context.storage, metadata));
    INGOT_ASSIGN(const auto after, Advance(std::move(before), group.ranges));
    if (!offsets_file.empty()) (void)context.storage->Delete(offsets_file);
    INGOT_TRY(WritePositions(*context.storage, metadata, after, marks, offsets_file));
    change.summary.erase("ingot.offsets");
    change.summary.erase("ingot.offsets-file");
    for (const auto& [key, value] : marks) change.summary[key] = value;
    return {};
  };
  change.metadata_change = [&](iceberg::TableMetadata& metadata) -> Status {
    metadata.properties.erase("ingot.offsets");
    metadata.properties.erase("ingot.offsets-file");
    for (const auto& [key, value] : marks) metadata.properties[key] = value;
    return {};
  };
  auto committed = iceberg::CommitSnapshot(table.home, change);
  if (!committed && committed.error().kind != ErrorKind::kOutcomeUnknown && !offsets_file.empty())
    (void)context.storage->Delete(offsets_file);
  return committed;
}

}  // namespace

Result<StageReport> RunBronze(const StageContext& context, const std::function<void(int64_t)>& progress) {
  const pipeline::Pipeline& pipeline = *context.pipeline;
  const std::string uri = context.source.empty() ? pipeline.source.uri : context.source;
  StageReport total{.stage = "bronze",
                    .table = pipeline.bronze.table,
                    .run_id = context.run_id,
                    .started_at_micros = NowMicros(),
                    .broken_by_rule = {}};
  ParserPool parsers(pipeline);
  Backoff backoff;
  // Opened first: a source that cannot be read must not leave an empty table behind.
  INGOT_TRY(source::OpenSource(uri, {}, {.format = pipeline.source.format}));
  INGOT_ASSIGN(iceberg::Table table, pipeline::EnsureTable(context, pipeline.bronze, pipeline::BronzeSchema(pipeline)));
  while (true) {
    INGOT_ASSIGN(const auto positions, ReadPositions(*context.storage, *table.metadata));
    INGOT_ASSIGN(const auto source, source::OpenSource(uri, positions, {.format = pipeline.source.format}));
    bool ended = false;
    while (!ended) {
      GroupReader reader(context, table, parsers, progress);
      INGOT_ASSIGN(Group group, reader.Read(*source));
      ended = group.source_ended;
      if (!group.ranges.empty()) {
        INGOT_TRY(FaultPoint("bronze.after_data_files"));
        auto committed = Commit(context, table, group);
        if (!committed) {
          if (committed.error().kind != ErrorKind::kOutcomeUnknown) reader.Abandon();
          if (committed.error().kind != ErrorKind::kConflict || !backoff.Wait())
            return std::unexpected(std::move(committed).error());
          LogWarning("bronze: " + committed.error().message + "; reading on from there");
          ended = false;  // the lost batch may have been the last: what it held has to be looked at again
          break;
        }
        table = std::move(*committed);
        group.report.commits = 1;
        total.Add(group.report);
        INGOT_TRY(FaultPoint("bronze.after_commit"));
      }
      if (!group.source_outcome) return std::unexpected(group.source_outcome.error());
    }
    if (ended) break;
    INGOT_ASSIGN(table, iceberg::LoadTable(table.home));
  }
  total.finished_at_micros = NowMicros();
  return total;
}

}  // namespace ingot::bronze
