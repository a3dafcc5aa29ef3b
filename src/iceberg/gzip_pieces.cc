#include "iceberg/gzip_pieces.h"

#include <zlib.h>

#include "avro/deflate.h"

namespace ingot::iceberg {
namespace {

constexpr size_t kBytesMax = 8 << 20;  // of cached compressed pieces

uint32_t Crc(std::string_view text) {
  return uint32_t(crc32(0, reinterpret_cast<const Bytef*>(text.data()), uInt(text.size())));
}

void AppendWord(uint32_t word, std::string& to) {
  for (int shift = 0; shift < 32; shift += 8) to += char(word >> shift);
}

}  // namespace

void GzipPieces::Keep(const TextPiece::Key& key, Compressed piece) {
  if (known_.contains(key)) return;
  bytes_ += piece.deflated.size();
  order_.push_front(key);
  known_[key] = {std::move(piece), order_.begin()};
  while (bytes_ > kBytesMax) {
    const auto oldest = known_.find(order_.back());
    bytes_ -= oldest->second.piece.deflated.size();
    known_.erase(oldest);
    order_.pop_back();
  }
}

void GzipPieces::Append(const TextPiece& piece, std::string& out, uint32_t& crc, size_t& bytes) {
  const auto append = [&](const Compressed& compressed) {
    out += compressed.deflated;
    crc = uint32_t(crc32_combine(crc, compressed.crc, z_off_t(compressed.bytes)));
    bytes += compressed.bytes;
  };
  const bool fresh = piece.key == TextPiece::Key{};
  if (!fresh) {
    std::lock_guard lock(mutex_);
    if (const auto found = known_.find(piece.key); found != known_.end()) {
      order_.splice(order_.begin(), order_, found->second.used);
      return append(found->second.piece);
    }
  }
  std::string text;
  piece.append(text);
  Compressed compressed{.deflated = avro::DeflateBlocks(text, fresh ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION),
                        .crc = Crc(text),
                        .bytes = text.size()};
  append(compressed);
  if (fresh) return;
  std::lock_guard lock(mutex_);
  Keep(piece.key, std::move(compressed));
}

std::string GzipPieces::Compress(std::span<const TextPiece> pieces) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  uint32_t crc = Crc({});
  size_t bytes = 0;
  for (const TextPiece& piece : pieces) Append(piece, out, crc, bytes);
  out += std::string("\x03\0", 2);  // the final block, which is empty
  AppendWord(crc, out);
  AppendWord(uint32_t(bytes), out);
  return out;
}

}  // namespace ingot::iceberg
