// Gzip for a text that is compressed repeatedly and changes little: pieces that were compressed before are reused. The
// result is one gzip member (RFC 1952) of independent blocks, which any reader accepts.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include "iceberg/text_piece.h"

namespace ingot::iceberg {

/// Thread-safe.
class GzipPieces {
 public:
  std::string Compress(std::span<const TextPiece> pieces);

 private:
  struct Compressed {
    std::string deflated;
    uint32_t crc = 0;
    size_t bytes = 0;  // of the text
  };
  struct Kept {
    Compressed piece;
    std::list<TextPiece::Key>::iterator used;
  };
  /// Appends the compressed piece to `out` and updates checksum and length of the whole text.
  void Append(const TextPiece& piece, std::string& out, uint32_t& crc, size_t& bytes);
  void Keep(const TextPiece::Key& key, Compressed piece);

  std::mutex mutex_;
  std::map<TextPiece::Key, Kept> known_;
  std::list<TextPiece::Key> order_;  // most recently used first
  size_t bytes_ = 0;                 // of compressed pieces
};

}  // namespace ingot::iceberg
