// Collects hashes of deduplication keys (base/row_hash.h), by the hundred million, and finds those that occur more than
// once. The final decision compares the keys themselves (deduplicator.h).
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
  /// Returns false when the set already has the hash.
  bool Insert(uint64_t hash);
  bool Contains(uint64_t hash) const;
  size_t size() const { return size_; }
  /// Empties the set and makes room for `count` hashes.
  void Reset(size_t count);

 private:
  std::vector<uint64_t> slots_;  // 0: free; the hash 0 is stored as 1
  size_t size_ = 0;
};

/// A filter without false negatives. About one in a thousand other hashes passes. 4 bytes per hash.
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

/// The hashes of a commit, 8 bytes each, partitioned into parts that fit into a cache. One instance per thread.
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

/// Returns the hashes that occur more than once in all `parts` together.
Result<std::vector<uint64_t>> FindRepeated(const std::vector<HashParts>& parts, int threads);

}  // namespace ingot::silver
