#include "avro/codec.h"

#include <arrow/util/compression.h>

#include "avro/avro.h"
#include "avro/deflate.h"
#include "base/arrow_result.h"
#include "base/crc32.h"

namespace ingot::avro {
namespace {

/// Each block ends with a big-endian CRC-32 of the uncompressed bytes.
Result<std::string> DecompressSnappy(std::string_view block) {
  INGOT_ARROW_ASSIGN(auto snappy, arrow::util::Codec::Create(arrow::Compression::SNAPPY));
  if (block.size() <= 4) return Fail(ErrorKind::kCorrupt, "damaged Avro file: a block cannot be decompressed");
  uint32_t checksum = 0;
  for (const char byte : block.substr(block.size() - 4)) checksum = checksum << 8 | uint8_t(byte);
  block.remove_suffix(4);
  AvroReader head{block};  // starts with the uncompressed length, a varint without zigzag
  uint64_t plain_bytes = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto byte = head.Take(1);
    if (head.failed) break;
    plain_bytes |= uint64_t(uint8_t(byte[0]) & 0x7F) << shift;
    if (!(uint8_t(byte[0]) & 0x80)) break;
  }
  if (head.failed || plain_bytes > block.size() * 64 + 1024)
    return Fail(ErrorKind::kCorrupt, "damaged Avro file: a block cannot be decompressed");
  std::string out(plain_bytes, '\0');
  INGOT_ARROW_ASSIGN(const int64_t size,
                     snappy->Decompress(int64_t(block.size()), reinterpret_cast<const uint8_t*>(block.data()),
                                        int64_t(plain_bytes), reinterpret_cast<uint8_t*>(out.data())));
  out.resize(size_t(size));
  if (Crc32(0, out) != checksum)
    return Fail(ErrorKind::kCorrupt, "damaged Avro file: the checksum of a block is wrong");
  return out;
}

}  // namespace

Result<std::string> DecompressAvroBlock(const std::string& codec, std::string_view block) {
  if (codec.empty() || codec == "null") return std::string(block);
  if (codec == "deflate") return Inflate(block, DeflateFrame::kRaw);
  if (codec == "zstandard") return WithContext(DecompressZstd(block), "damaged Avro file");
  if (codec == "snappy") return DecompressSnappy(block);
  return Fail(ErrorKind::kUnsupported, "unsupported Avro codec '" + codec + "'");
}

}  // namespace ingot::avro
