#include "source/file_reader.h"

#include <utility>

namespace ingot::source {
namespace {

void SkipByteOrderMark(RawBatch& batch) {
  if (batch.records.empty() || batch.records[0].begin != 0 || !batch.bytes.starts_with("\xEF\xBB\xBF")) return;
  batch.records[0].begin += 3;
  batch.records[0].size -= 3;
  if (batch.records[0].size == 0) batch.records.erase(batch.records.begin());
}

}  // namespace

Result<std::unique_ptr<FileReader>> FileReader::Open(const std::string& path, PartitionId id, int64_t offset,
                                                     const SourceOptions& options) {
  std::unique_ptr<FileReader> reader(new FileReader(path, std::move(id), offset, options));
  if (options.format == "csv" && offset > 0) INGOT_TRY(reader->ReadHeaderAgain());
  INGOT_ASSIGN(reader->stream_, FileStream::Open(path, offset));
  return reader;
}

Result<std::optional<RawBatch>> FileReader::Next() {
  return options_.format == "document" ? ReadDocument() : ReadStretch();
}

RawBatch FileReader::BatchHere() const {
  RawBatch batch;
  batch.from = id_;
  batch.begin = batch.end = offset_;
  return batch;
}

Status FileReader::ReadHeaderAgain() {
  INGOT_ASSIGN(const auto stream, FileStream::Open(path_, 0));
  std::string head;
  while (!csv_.HasHeader()) {
    const size_t before = head.size();
    INGOT_TRY(stream->Read(65536, head));
    csv_.ReadHeader(head, head.size() == before);
  }
  return {};
}

size_t FileReader::SplitCsv(RawBatch& batch, std::string& json) {
  size_t header = 0;
  if (!csv_.HasHeader()) header = csv_.ReadHeader(batch.bytes, at_end_);
  if (!csv_.HasHeader()) return 0;
  const size_t used = header + csv_.Split(std::string_view(batch.bytes).substr(header), at_end_, json, batch.records);
  for (RawBatch::Record& record : batch.records) record.offset += int64_t(header);
  return used;
}

size_t FileReader::Split(RawBatch& batch, std::string& json) {
  if (options_.format == "csv") return SplitCsv(batch, json);
  const size_t used = SplitLines(batch.bytes, at_end_, batch.records);
  if (offset_ == 0) SkipByteOrderMark(batch);
  return used;
}

/// The next stretch of complete lines or rows, nothing at the end of the file.
Result<std::optional<RawBatch>> FileReader::ReadStretch() {
  RawBatch batch = BatchHere();
  batch.bytes = std::exchange(carry_, {});
  size_t used = 0;
  std::string json;
  while (used == 0) {
    const size_t before = batch.bytes.size();
    batch.bytes.reserve(before + size_t(options_.batch_bytes) + kPadding);
    if (!at_end_) INGOT_TRY(stream_->Read(options_.batch_bytes, batch.bytes));
    at_end_ = batch.bytes.size() - before < size_t(options_.batch_bytes);
    if (batch.bytes.empty()) return std::nullopt;
    used = Split(batch, json);
    if (used == 0 && int64_t(batch.bytes.size()) > options_.record_bytes_max)
      return Fail(ErrorKind::kBadInput, "file " + path_ + ": the record at byte " + std::to_string(offset_) +
                                            " is longer than " + std::to_string(options_.record_bytes_max) + " bytes");
  }
  carry_.assign(batch.bytes, used);
  for (RawBatch::Record& record : batch.records) record.offset += offset_;
  offset_ += int64_t(used);
  batch.end = offset_;
  if (options_.format == "csv")
    batch.bytes = std::move(json);
  else
    batch.bytes.resize(used);
  batch.bytes.append(kPadding, '\0');
  return batch;
}

Result<std::optional<RawBatch>> FileReader::ReadDocument() {
  RawBatch batch = BatchHere();
  if (offset_ > 0) return std::nullopt;  // read whole before
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
  batch.records.push_back({.begin = 0, .size = batch.bytes.size(), .offset = 0});
  offset_ = batch.end = int64_t(batch.bytes.size());
  SkipByteOrderMark(batch);
  batch.bytes.append(kPadding, '\0');
  return batch;
}

}  // namespace ingot::source
