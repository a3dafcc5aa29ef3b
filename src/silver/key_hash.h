// Hashes of duplicate keys (base/row_hash.h), gathered by the hundred million and searched for those
// that come more than once. What is decided in the end is decided on the keys themselves (deduplicator.h).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace ingot::silver {

/// A set of hashes with open addressing, 8 bytes a slot.
class HashSet {
 public:
  /// False when it was there already.
  bool Insert(uint64_t hash);
  bool Contains(uint64_t hash) const;
  size_t size() const { return size_; }
  /// Empty, with room for `count`.
  void Reset(size_t count);

 private:
  std::vector<uint64_t> slots_;  // 0: free; the hash 0 is kept as 1
  size_t size_ = 0;
};

/// A filter that never misses a hash it holds; of others it lets about one in a thousand pass. 4 bytes a hash.
class HashFilter {
 public:
  explicit HashFilter(size_t count);
  void Insert(uint64_t hash) { words_[Word(hash)] |= Bits(hash); }
  bool MayContain(uint64_t hash) const { return (words_[Word(hash)] & Bits(hash)) == Bits(hash); }

 private:
  size_t Word(uint64_t hash) const { return size_t((__uint128_t(hash) * words_.size()) >> 64); }
  static uint64_t Bits(uint64_t hash) {
    return uint64_t(1) << (hash & 63) | uint64_t(1) << (hash >> 6 & 63) | uint64_t(1) << (hash >> 12 & 63) |
           uint64_t(1) << (hash >> 18 & 63);
  }
  std::vector<uint64_t> words_;
};

/// All hashes of a commit, 8 bytes each, sorted into parts that fit a cache. One instance per thread.
class HashParts {
 public:
  static constexpr size_t kParts = 256;
  void Add(std::span<const uint64_t> hashes) {
    for (const uint64_t hash : hashes) parts_[hash >> 56].push_back(hash);
  }
  const std::vector<uint64_t>& part(size_t i) const { return parts_[i]; }
  size_t size() const;

 private:
  std::array<std::vector<uint64_t>, kParts> parts_;
};

/// The hashes that stand more than once in all of `parts` together.
Result<std::vector<uint64_t>> FindRepeated(const std::vector<HashParts>& parts, int threads);

}  // namespace ingot::silver
