// Builds Parquet dictionaries: each distinct value gets the next index, in the order of first appearance.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::parquet_format {

/// A dictionary of fixed-width values, compared by their bits.
template <typename Word>
class WordDictionary {
 public:
  /// Adds `words` and writes the index of each to `indices`, which must have words.size() elements.
  void Encode(std::span<const Word> words, uint32_t* indices) {
    // Prefetches the hash slots of several values, since most time goes into cache misses.
    constexpr size_t kBatch = 16;
    size_t home_slots[kBatch];
    uint32_t found[kBatch];
    for (; words.size() >= kBatch; words = words.subspan(kBatch), indices += kBatch) {
      while ((words_.size() + kBatch) * 2 > slots_.size()) Grow();
      for (size_t i = 0; i < kBatch; ++i) __builtin_prefetch(&slots_[home_slots[i] = HomeSlot(words[i])]);
      for (size_t i = 0; i < kBatch; ++i) {
        found[i] = slots_[home_slots[i]];
        __builtin_prefetch(words_.data() + found[i]);
      }
      for (size_t i = 0; i < kBatch; ++i)
        indices[i] = found[i] != 0 && words_[found[i] - 1] == words[i] ? found[i] - 1 : IndexOf(words[i]);
    }
    for (const Word word : words) *indices++ = IndexOf(word);
  }
  /// Adds `word` if it is new and returns its index.
  uint32_t IndexOf(Word word) {
    if ((words_.size() + 1) * 2 > slots_.size()) Grow();
    uint32_t& slot = slots_[SlotOf(word)];
    if (slot == 0) {
      words_.push_back(word);
      slot = uint32_t(words_.size());
    }
    return slot - 1;
  }

  const std::vector<Word>& words() const { return words_; }  // in index order
  size_t size() const { return words_.size(); }
  size_t Bytes() const { return words_.size() * sizeof(Word); }
  void Clear() {
    words_.clear();
    slots_.clear();
    shift_ = 64;
  }

 private:
  size_t HomeSlot(Word word) const { return size_t(uint64_t(word) * 0x9e3779b97f4a7c15 >> shift_); }

  size_t SlotOf(Word word) const {
    size_t slot = HomeSlot(word);
    while (slots_[slot] != 0 && words_[slots_[slot] - 1] != word) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }

  void Grow() {
    const size_t count = slots_.empty() ? 1024 : slots_.size() * 2;
    shift_ = 64 - std::countr_zero(count);
    slots_.assign(count, 0);
    for (uint32_t i = 0; i < words_.size(); ++i) slots_[SlotOf(words_[i])] = i + 1;
  }

  std::vector<Word> words_;
  std::vector<uint32_t> slots_;  // index + 1; 0 is free
  int shift_ = 64;
};

/// A dictionary of strings, stored in the format of a dictionary page: each string follows its length in four bytes.
class TextDictionary {
 public:
  /// Adds `text` if it is new and returns its index.
  uint32_t IndexOf(std::string_view text);

  std::string_view Text(uint32_t index) const;
  const std::string& page() const { return page_; }
  size_t size() const { return begins_.size(); }
  size_t Bytes() const { return page_.size(); }
  void Clear();

 private:
  struct Slot {
    uint32_t hash = 0, entry = 0;  // entry: index + 1; 0 is free
  };
  size_t SlotOf(std::string_view text, uint64_t hash) const;
  void Grow();

  std::string page_;
  std::vector<uint32_t> begins_;
  std::vector<Slot> slots_;
  uint32_t last_ = 0;  // the previous value is the most likely next one
};

}  // namespace ingot::parquet_format
