// A text that is compressed again and again while most of it stays: pieces that were compressed before are not
// compressed again. One gzip member (RFC 1952) whose blocks are independent, so that any reader takes it as any other.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ingot::iceberg {

/// Safe to call from any thread.
class GzipPieces {
 public:
  /// `cuts`: where pieces begin and end, rising, by what stands there and not by its place, so that what comes before
  /// does not move them. What lies before the first and after the last is compressed each time.
  std::string Compress(std::string_view text, std::span<const size_t> cuts);

 private:
  struct Piece {
    std::string deflated;
    uint32_t crc = 0;
  };
  using Key = std::pair<uint64_t, uint64_t>;  // 128 bits of hash
  struct Kept {
    Piece piece;
    std::list<Key>::iterator used;
  };
  Piece Known(std::string_view text);

  std::mutex mutex_;
  std::map<Key, Kept> known_;
  std::list<Key> order_;  // the one used last is first
  size_t bytes_ = 0;
};

}  // namespace ingot::iceberg
