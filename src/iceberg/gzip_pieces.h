// A text that is compressed again and again while most of it stays: pieces that were compressed before are not
// compressed again. One gzip member (RFC 1952) whose blocks are independent, so that any reader takes it as any other.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include "iceberg/text_piece.h"

namespace ingot::iceberg {

/// Safe to call from any thread.
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
  /// Appends the piece to `out`, and its checksum and length to those of what is before it.
  void Append(const TextPiece& piece, std::string& out, uint32_t& crc, size_t& bytes);
  void Keep(const TextPiece::Key& key, Compressed piece);

  std::mutex mutex_;
  std::map<TextPiece::Key, Kept> known_;
  std::list<TextPiece::Key> order_;  // the one used last is first
  size_t bytes_ = 0;                 // of compressed pieces
};

}  // namespace ingot::iceberg
