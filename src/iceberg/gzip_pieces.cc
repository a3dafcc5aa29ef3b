#include "iceberg/gzip_pieces.h"

#include <zlib.h>

#include <cstring>

#include "base/row_hash.h"
#include "iceberg/deflate.h"

namespace ingot::iceberg {
namespace {

constexpr size_t kBytesMax = 8 << 20;  // of compressed pieces that are kept

/// 128 bits, in lanes that do not wait for each other.
std::pair<uint64_t, uint64_t> HashOf(std::string_view text) {
  constexpr size_t kLanes = 4, kStep = kLanes * sizeof(uint64_t);
  uint64_t a[kLanes] = {1, 2, 3, 4}, b[kLanes] = {5, 6, 7, 8};
  for (; text.size() >= kStep; text.remove_prefix(kStep)) {
    uint64_t words[kLanes];
    std::memcpy(words, text.data(), kStep);
    for (size_t lane = 0; lane < kLanes; ++lane) {
      a[lane] = MixHash(a[lane], words[lane]);
      b[lane] = MixHash(b[lane], words[lane]);
    }
  }
  const auto joined = [&](const uint64_t* lanes) {
    return HashText(text, MixHash(MixHash(lanes[0], lanes[1]), MixHash(lanes[2], lanes[3])));
  };
  return {joined(a), joined(b)};
}

uint32_t Crc(std::string_view text) {
  return uint32_t(crc32(0, reinterpret_cast<const Bytef*>(text.data()), uInt(text.size())));
}

void AppendWord(uint32_t word, std::string& to) {
  for (int shift = 0; shift < 32; shift += 8) to += char(word >> shift);
}

}  // namespace

GzipPieces::Piece GzipPieces::Known(std::string_view text) {
  const Key key = HashOf(text);
  {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end()) {
      order_.splice(order_.begin(), order_, found->second.used);
      return found->second.piece;
    }
  }
  Piece piece{.deflated = DeflateBlocks(text, Z_DEFAULT_COMPRESSION), .crc = Crc(text)};
  std::lock_guard lock(mutex_);
  if (known_.contains(key)) return piece;
  order_.push_front(key);
  known_[key] = {piece, order_.begin()};
  bytes_ += piece.deflated.size();
  while (bytes_ > kBytesMax) {
    const auto oldest = known_.find(order_.back());
    bytes_ -= oldest->second.piece.deflated.size();
    known_.erase(oldest);
    order_.pop_back();
  }
  return piece;
}

std::string GzipPieces::Compress(std::string_view text, std::span<const size_t> cuts) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  uint32_t crc = Crc({});
  size_t begin = 0;
  const auto append = [&](const Piece& piece, size_t size) {
    out += piece.deflated;
    crc = uint32_t(crc32_combine(crc, piece.crc, z_off_t(size)));
  };
  const auto append_fresh = [&](std::string_view part) {
    append({.deflated = DeflateBlocks(part, Z_BEST_SPEED), .crc = Crc(part)}, part.size());
  };
  for (const size_t cut : cuts) {
    const std::string_view part = text.substr(begin, cut - begin);
    if (begin == 0)
      append_fresh(part);
    else
      append(Known(part), part.size());
    begin = cut;
  }
  append_fresh(text.substr(begin));
  out += std::string("\x03\0", 2);  // the last block, an empty one
  AppendWord(crc, out);
  AppendWord(uint32_t(text.size()), out);
  return out;
}

}  // namespace ingot::iceberg
