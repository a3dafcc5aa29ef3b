#include "avro/deflate.h"

#include <arrow/util/compression.h>
#include <zlib.h>

#include <algorithm>

#include "base/arrow_result.h"

namespace ingot::avro {
namespace {

int WindowBits(DeflateFrame frame) {
  return frame == DeflateFrame::kGzip ? MAX_WBITS + 16 : -MAX_WBITS;
}

Bytef* Input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

std::string Compress(std::string_view bytes, int window_bits, int level, int flush) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 16, '\0');  // a flush adds some bytes
  stream.next_in = Input(bytes);
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  deflate(&stream, flush);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

Result<std::string> Inflate(std::string_view bytes, DeflateFrame frame) {
  z_stream stream{};
  if (inflateInit2(&stream, WindowBits(frame)) != Z_OK) return Fail(ErrorKind::kInternal, "cannot initialize zlib");
  stream.next_in = Input(bytes);
  stream.avail_in = uInt(bytes.size());
  std::string out;
  int code = Z_OK;
  while (code == Z_OK) {
    const size_t have = out.size();
    out.resize(have + std::max<size_t>(bytes.size() * 4, 4096));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = uInt(out.size() - have);
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    // A gzip file may have several members (RFC 1952, section 2.2).
    if (code == Z_STREAM_END && frame == DeflateFrame::kGzip && stream.avail_in > 0 && inflateReset(&stream) == Z_OK)
      code = Z_OK;
    if (code == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return Fail(ErrorKind::kCorrupt, "compressed data is damaged or truncated");
  return out;
}

Result<std::string> DecompressZstd(std::string_view bytes) {
  constexpr size_t kPlainBytesMax = size_t(1) << 32;
  INGOT_ARROW_ASSIGN(const auto zstd, arrow::util::Codec::Create(arrow::Compression::ZSTD));
  INGOT_ARROW_ASSIGN(const auto stream, zstd->MakeDecompressor());
  std::string out;
  size_t read = 0, written = 0;
  while (!stream->IsFinished()) {
    if (written == out.size()) out.resize(std::max(out.size() * 2, bytes.size() * 4 + 1024));
    const auto step =
        stream->Decompress(int64_t(bytes.size() - read), reinterpret_cast<const uint8_t*>(bytes.data()) + read,
                           int64_t(out.size() - written), reinterpret_cast<uint8_t*>(out.data()) + written);
    const bool stuck = step.ok() && step->bytes_read == 0 && step->bytes_written == 0 && written < out.size();
    if (!step.ok() || stuck || out.size() > kPlainBytesMax)
      return Fail(ErrorKind::kCorrupt, "compressed data is damaged or truncated");
    read += size_t(step->bytes_read);
    written += size_t(step->bytes_written);
  }
  out.resize(written);
  return out;
}

std::string Deflate(std::string_view bytes, DeflateFrame frame) {
  return Compress(bytes, WindowBits(frame), Z_BEST_SPEED, Z_FINISH);
}

std::string DeflateBlocks(std::string_view bytes, int level) {
  return Compress(bytes, WindowBits(DeflateFrame::kRaw), level, Z_FULL_FLUSH);
}

}  // namespace ingot::avro
