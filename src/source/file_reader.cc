#include "source/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "source/json_end.h"
#include "source/record_split.h"

namespace ingot::source {
namespace {

constexpr size_t kTooLongKept = 1 << 20;  // the bytes kept of a record that exceeds the limit

/// The position after the first line end at or after `from`; nothing if there is none. JSON lines end with \n; CSV rows
/// may also end with \r.
std::optional<size_t> BehindLineEnd(std::string_view bytes, size_t from, bool csv, TextEncoding encoding) {
  const size_t unit = UnitBytes(encoding), low = encoding == TextEncoding::kUtf16Be ? 1 : 0;
  for (size_t at = from; at + unit <= bytes.size(); at += unit) {
    const char c = bytes[at + low];
    if ((c == '\n' || (csv && c == '\r')) && (unit == 1 || bytes[at + 1 - low] == 0)) return at + unit;
  }
  return std::nullopt;
}

void SkipByteOrderMark(RawBatch& batch) {
  if (batch.records.empty() || batch.records[0].begin != 0 || !batch.bytes.starts_with("\xEF\xBB\xBF")) return;
  batch.records[0].begin += 3;
  batch.records[0].size -= 3;
  if (batch.records[0].size == 0) batch.records.erase(batch.records.begin());
}

}  // namespace

Result<std::unique_ptr<FileReader>> FileReader::Open(const InputTask& task, bool final, const SourceOptions& options) {
  std::unique_ptr<FileReader> reader(new FileReader(task, final, options));
  INGOT_TRY(reader->Begin());
  return reader;
}

Status FileReader::Begin() {
  if (options_.format == "csv" && offset_ > 0) INGOT_TRY(ReadHeadAgain());
  INGOT_ASSIGN(stream_, FileStream::Open(path_));
  INGOT_TRY(stream_->SkipTo(offset_));
  trace_ = stream_->Trace();
  if (!identity_) return {};
  const bool same = identity_->head == trace_.Head() && (identity_->tail == 0 || identity_->tail == trace_.Tail());
  if (!same) return Fail(ErrorKind::kConflict, "file " + path_ + " was replaced while it was to be read; run again");
  incomplete_ = identity_->incomplete;
  return {};
}

Result<std::optional<RawBatch>> FileReader::Next() {
  return options_.format == "document" ? ReadDocument() : ReadStretch();
}

FileChange FileReader::Change() {
  FileChange change{.id = id_, .before = identity_, .now = {}};
  change.now = {.location = location_,
                .stat = stream_->Stat(),
                .offset = offset_,
                .head = trace_.Head(),
                .tail = trace_.Tail(),
                .compressed = stream_->Compressed(),
                .incomplete = incomplete_};
  identity_ = change.now;
  return change;
}

RawBatch FileReader::BatchHere() const {
  RawBatch batch;
  batch.from = id_;
  batch.begin = batch.end = offset_;
  return batch;
}

Status FileReader::TakeHead(std::string_view head, Rest rest) {
  const auto bytes = WithContext(csv_.ReadHead(head, rest), "file " + path_);
  new_header_ = offset_ == 0;
  INGOT_TRY(bytes);
  if (*bytes) head_bytes_ = int64_t(**bytes);
  return {};
}

Status FileReader::ReadHeadAgain() {
  INGOT_ASSIGN(const auto stream, FileStream::Open(path_));
  std::string head;
  for (bool at_end = false; !csv_.HasHead() && !at_end;) {
    const size_t before = head.size();
    INGOT_TRY(stream->Read(65536, head));
    at_end = head.size() == before;
    INGOT_TRY(TakeHead(head, at_end ? Rest::kNone : Rest::kFollows));
  }
  return {};
}

Result<size_t> FileReader::SplitCsv(RawBatch& batch, std::string& json) {
  const std::string_view bytes = batch.bytes;
  if (!csv_.HasHead()) INGOT_TRY(TakeHead(bytes, RestOfFile()));
  if (!csv_.HasHead()) return 0;
  // A header that was incomplete at an earlier read may have grown since.
  const size_t head = size_t(std::clamp<int64_t>(head_bytes_ - offset_, 0, int64_t(bytes.size())));
  const size_t used = head + csv_.Split(bytes.substr(head), RestOfFile(), json, batch);
  batch.csv_layout = csv_.Layout();
  for (RawBatch::Record& record : batch.records) record.offset += int64_t(head);
  for (RawBatch::Original& original : batch.originals) original.begin += head;
  return used;
}

Result<size_t> FileReader::Split(RawBatch& batch, std::string& json) {
  if (options_.format == "csv") return SplitCsv(batch, json);
  const size_t used = SplitLines(batch.bytes, RestOfFile(), batch.records);
  if (offset_ == 0) SkipByteOrderMark(batch);
  return used;
}

Result<int64_t> FileReader::SkipTooLong(RawBatch& batch) {
  const bool csv = options_.format == "csv";
  const size_t unit = UnitBytes(csv_.Encoding());
  int64_t skipped = 0;
  std::string bytes = std::exchange(batch.bytes, {});
  batch.original_bytes = bytes.substr(0, kTooLongKept);
  while (true) {
    const auto end = BehindLineEnd(bytes, 0, csv, csv_.Encoding());
    if (!end && at_end_ && !AtFinalEnd()) return 0;  // the rest is not written yet
    const size_t used = end ? *end : at_end_ ? bytes.size() : bytes.size() / unit * unit;
    trace_.Add(std::string_view(bytes).substr(0, used));
    skipped += int64_t(used);
    bytes.erase(0, used);
    if (end || at_end_) break;
    const size_t before = bytes.size();
    INGOT_TRY(stream_->Read(options_.batch_bytes, bytes));
    at_end_ = bytes.size() - before < size_t(options_.batch_bytes);
  }
  carry_ = std::move(bytes);
  batch.records.push_back({.begin = 0, .size = 0, .offset = 0, .outside = nullptr});
  batch.originals.push_back(
      {.begin = 0,
       .size = batch.original_bytes.size(),
       .problem = fmt::format("{} bytes are more than the {} of the longest record: the first {} are "
                              "kept here, all of them are in the file at _source_offset",
                              skipped, options_.record_bytes_max, batch.original_bytes.size())});
  return skipped;
}

/// Reads the next complete lines or rows; nothing at the end of the file.
Result<std::optional<RawBatch>> FileReader::ReadStretch() {
  RawBatch batch = BatchHere();
  batch.bytes = std::exchange(carry_, {});
  int64_t used = 0;
  std::string json;
  while (used == 0) {
    const size_t before = batch.bytes.size();
    // Each attempt searches a long record from its start, so the read size doubles each time.
    const int64_t wanted = std::max(options_.batch_bytes, int64_t(before));
    batch.bytes.reserve(before + size_t(wanted) + kPadding);
    if (!at_end_) INGOT_TRY(stream_->Read(wanted, batch.bytes));
    at_end_ = batch.bytes.size() - before < size_t(wanted);
    if (batch.bytes.empty()) return std::nullopt;
    INGOT_ASSIGN(const size_t split, Split(batch, json));
    used = int64_t(split);
    if (used > 0) {
      carry_.assign(batch.bytes, split);
      batch.bytes.resize(split);
      trace_.Add(batch.bytes);
    } else if (int64_t(batch.bytes.size()) > options_.record_bytes_max) {
      INGOT_ASSIGN(used, SkipTooLong(batch));
    }
    waits_ = used == 0 && at_end_;
    if (waits_) return std::nullopt;
  }
  for (RawBatch::Record& record : batch.records) record.offset += offset_;
  offset_ += used;
  batch.end = offset_;
  batch.file = Change();
  if (options_.format == "csv" && batch.original_bytes.empty()) {
    batch.original_bytes = std::move(batch.bytes);
    batch.bytes = std::move(json);
  }
  batch.bytes.append(kPadding, '\0');
  return batch;
}

/// A document that was not written for a while is complete if it ends like one, without a full check.
bool FileReader::IsWhole(const std::string& document) const {
  const size_t last = document.find_last_not_of(" \t\r\n");
  const bool closed = last != std::string::npos && (document[last] == '}' || document[last] == ']');
  const bool quiet = NowMicros() - stream_->Stat().modified_ns / 1000 > options_.idle.count();
  return (closed && quiet) || EndsWhole(document);
}

Result<std::optional<RawBatch>> FileReader::ReadDocument() {
  RawBatch batch = BatchHere();
  if (offset_ > 0) return std::nullopt;  // read completely before
  size_t before = 0;
  do {
    before = batch.bytes.size();
    INGOT_TRY(stream_->Read(options_.batch_bytes, batch.bytes));
    if (int64_t(batch.bytes.size()) > options_.record_bytes_max)
      return Fail(ErrorKind::kBadInput, "file " + path_ + " is longer than " +
                                            std::to_string(options_.record_bytes_max) +
                                            " bytes; one document cannot be");
  } while (batch.bytes.size() > before);
  if (batch.bytes.empty()) return std::nullopt;
  incomplete_ = !IsWhole(batch.bytes);
  waits_ = stream_->Truncated() || (incomplete_ && !final_);
  if (waits_) return std::nullopt;
  const size_t mark = FindByteOrderMark(batch.bytes).value_or(ByteOrderMark{}).bytes == 3 ? 3 : 0;
  SplitDocument(std::string_view(batch.bytes).substr(mark), batch.records);
  for (RawBatch::Record& record : batch.records) {
    record.begin += mark;
    if (record.offset > 0) record.offset += int64_t(mark);  // an element of an array; a whole document has offset 0
  }
  trace_.Add(batch.bytes);
  offset_ = batch.end = int64_t(batch.bytes.size());
  batch.file = Change();
  batch.bytes.append(kPadding, '\0');
  return batch;
}

}  // namespace ingot::source
