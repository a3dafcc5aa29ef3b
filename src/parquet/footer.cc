#include "parquet/footer.h"

#include <arrow/buffer.h>
#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstring>

#include "base/arrow_result.h"
#include "base/crc32.h"
#include "parquet/repair.h"

namespace ingot::parquet_format {
namespace {

constexpr std::string_view kMagic = "PAR1", kEncryptedMagic = "PARE";
constexpr std::string_view kChecksumMagic = "INGOTCRC";
constexpr int64_t kChecksumBytes = int64_t(kChecksumMagic.size()) + 4;
constexpr int64_t kTailGuess = 64 << 10;  // most footers fit, so that one read is enough

uint32_t LittleEndian(std::string_view bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string_view TextOf(const arrow::Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), size_t(buffer.size())};
}

}  // namespace

Result<std::shared_ptr<arrow::Buffer>> ReadFooterBytes(arrow::io::RandomAccessFile& file) {
  INGOT_ARROW_ASSIGN(const int64_t bytes, file.GetSize());
  const int64_t least = int64_t(kMagic.size()) + kParquetTailBytes;
  if (bytes < least) return Fail(ErrorKind::kCorrupt, fmt::format("not a Parquet file: it has {} bytes", bytes));
  const int64_t begin = std::max<int64_t>(0, bytes - kTailGuess);
  INGOT_ARROW_ASSIGN(auto end, file.ReadAt(begin, bytes - begin));
  if (end->size() != bytes - begin) return Fail(ErrorKind::kCorrupt, "file is truncated");
  const auto magic = TextOf(*end).substr(size_t(end->size()) - kMagic.size());
  if (magic == kEncryptedMagic)
    return Fail(ErrorKind::kUnsupported,
                "Parquet files with encrypted footers are not supported: use the engine that wrote it");
  if (magic != kMagic)
    return Fail(ErrorKind::kCorrupt, "not a Parquet file, or truncated: its last bytes are not 'PAR1'");
  const int64_t length = LittleEndian(TextOf(*end).substr(size_t(end->size() - kParquetTailBytes)));
  const int64_t footer_begin = bytes - kParquetTailBytes - length;
  if (footer_begin < int64_t(kMagic.size()))
    return Fail(ErrorKind::kCorrupt,
                fmt::format("damaged Parquet file: a footer of {} bytes in a file of {} bytes", length, bytes));
  const int64_t needed = std::max(footer_begin - kChecksumBytes, int64_t(0));
  if (needed < begin) {
    INGOT_ARROW_ASSIGN(end, file.ReadAt(needed, bytes - needed));
    if (end->size() != bytes - needed) return Fail(ErrorKind::kCorrupt, "file is truncated");
  }
  auto footer = arrow::SliceBuffer(end, end->size() - kParquetTailBytes - length, length);
  const std::string_view before = TextOf(*end).substr(0, size_t(end->size() - kParquetTailBytes - length));
  if (int64_t(before.size()) >= kChecksumBytes) {
    const auto checksum_part = before.substr(before.size() - size_t(kChecksumBytes));
    if (checksum_part.starts_with(kChecksumMagic) &&
        LittleEndian(checksum_part.substr(kChecksumMagic.size())) != Crc32(0, TextOf(*footer)))
      return Fail(ErrorKind::kCorrupt, "damaged Parquet file: the checksum of its footer is wrong");
  }
  return footer;
}

Result<std::shared_ptr<parquet::FileMetaData>> ReadFooter(arrow::io::RandomAccessFile& file) {
  INGOT_ASSIGN(const auto footer, ReadFooterBytes(file));
  std::string problem;
  try {
    return parquet::FileMetaData::Make(footer->data(), footer->size());
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const auto repaired = RepairedFooter(TextOf(*footer));
  try {
    if (repaired) return parquet::FileMetaData::Make(repaired->data(), int64_t(repaired->size()));
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (IsWholeFooter(TextOf(*footer))) return std::unexpected(UnsupportedByArrow(problem));
  return Fail(ErrorKind::kCorrupt, "damaged Parquet file: invalid footer: " + problem);
}

Error UnsupportedByArrow(const std::string& problem) {
  return {ErrorKind::kUnsupported,
          "Arrow's Parquet reader does not support this file, though other engines may: " + problem};
}

std::string AddFooterChecksum(std::string_view end) {
  const size_t tail = size_t(kParquetTailBytes);
  const size_t length = end.size() < tail ? 0 : LittleEndian(end.substr(end.size() - tail));
  if (end.size() < tail + length) return std::string(end);
  const size_t begin = end.size() - tail - length;
  const uint32_t checksum = Crc32(0, end.substr(begin, length));
  std::string with_checksum(end.substr(0, begin));
  with_checksum += kChecksumMagic;
  with_checksum.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  with_checksum += end.substr(begin);
  return with_checksum;
}

}  // namespace ingot::parquet_format
