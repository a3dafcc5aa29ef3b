#include "avro/blocks.h"

#include <arrow/buffer.h>

#include <algorithm>

#include "avro/codec.h"
#include "base/arrow_result.h"

namespace ingot::avro {
namespace {

constexpr int64_t kReadBytes = 1 << 20;
constexpr int64_t kBlockHeadBytes = 20;  // two longs at most

}  // namespace

Status AvroBlocks::Fill(int64_t bytes) {
  const int64_t held = int64_t(window_.size()), left = file_bytes_ - at_ - held;
  if (held >= bytes || left == 0) return {};
  const int64_t more = std::min(left, std::max(bytes - held, kReadBytes));
  INGOT_ARROW_ASSIGN(const auto read, file_->ReadAt(at_ + held, more));
  if (read->size() != more) return Fail(ErrorKind::kCorrupt, "file is truncated");
  window_ += std::string_view(*read);
  return {};
}

Result<AvroBlocks> AvroBlocks::Open(std::shared_ptr<arrow::io::RandomAccessFile> file) {
  AvroBlocks blocks;
  blocks.file_ = std::move(file);
  INGOT_ARROW_ASSIGN(blocks.file_bytes_, blocks.file_->GetSize());
  for (int64_t wanted = kReadBytes;; wanted *= 2) {
    INGOT_TRY(blocks.Fill(wanted));
    AvroReader in{blocks.window_};
    auto header = ReadAvroHeader(in);
    const bool is_all = int64_t(blocks.window_.size()) == blocks.file_bytes_;
    if (in.failed && !is_all) continue;  // the header is longer than the window
    if (!header) return std::unexpected(header.error());
    blocks.header_ = std::move(*header);
    blocks.at_ = int64_t(blocks.window_.size() - in.rest.size());
    blocks.window_.erase(0, size_t(blocks.at_));
    return blocks;
  }
}

Result<AvroBlocks::Block> AvroBlocks::Next() {
  const auto broken = [] {
    return Fail(ErrorKind::kCorrupt, "damaged Avro file: truncated, or a sync marker is wrong");
  };
  while (true) {
    INGOT_TRY(Fill(kBlockHeadBytes));
    if (window_.empty()) return Block{};
    AvroReader in{window_};
    Block block{.rows = in.Long()};
    const int64_t bytes = in.Long();
    const int64_t head = int64_t(window_.size() - in.rest.size());
    const int64_t sync = int64_t(header_.sync.size());
    if (in.failed || block.rows < 0 || bytes < 0 || bytes > file_bytes_ - at_ - head - sync) return broken();
    INGOT_TRY(Fill(head + bytes + sync));
    const std::string_view packed = std::string_view(window_).substr(size_t(head), size_t(bytes));
    if (std::string_view(window_).substr(size_t(head + bytes), size_t(sync)) != header_.sync) return broken();
    INGOT_ASSIGN(block.bytes, DecompressAvroBlock(header_.codec, packed));
    window_.erase(0, size_t(head + bytes + sync));
    at_ += head + bytes + sync;
    if (block.rows > 0) return block;
    if (!block.bytes.empty()) return Fail(ErrorKind::kCorrupt, "damaged Avro file: a block does not match its schema");
  }
}

}  // namespace ingot::avro
