// Dictionaries while they grow: each distinct value gets the next number. What a Parquet dictionary page holds.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::parquet_format {

/// Numbers values of a fixed width by their bits.
template <typename Word>
class WordIndex {
 public:
  /// Writes the number of each of `words` to `numbers`, which has room for them.
  void Number(std::span<const Word> words, uint32_t* numbers) {
    // Looked for in steps: the memory of several values is asked for before the first is needed.
    constexpr size_t kAtOnce = 16;
    size_t homes[kAtOnce];
    uint32_t found[kAtOnce];
    for (; words.size() >= kAtOnce; words = words.subspan(kAtOnce), numbers += kAtOnce) {
      while ((words_.size() + kAtOnce) * 2 > slots_.size()) Grow();
      for (size_t i = 0; i < kAtOnce; ++i) __builtin_prefetch(&slots_[homes[i] = Home(words[i])]);
      for (size_t i = 0; i < kAtOnce; ++i) {
        found[i] = slots_[homes[i]];
        __builtin_prefetch(words_.data() + found[i]);
      }
      for (size_t i = 0; i < kAtOnce; ++i)
        numbers[i] = found[i] != 0 && words_[found[i] - 1] == words[i] ? found[i] - 1 : NumberOf(words[i]);
    }
    for (const Word word : words) *numbers++ = NumberOf(word);
  }
  uint32_t NumberOf(Word word) {
    if ((words_.size() + 1) * 2 > slots_.size()) Grow();
    uint32_t& slot = slots_[SlotOf(word)];
    if (slot == 0) {
      words_.push_back(word);
      slot = uint32_t(words_.size());
    }
    return slot - 1;
  }

  const std::vector<Word>& words() const { return words_; }  // in the order of their numbers
  size_t size() const { return words_.size(); }
  size_t Bytes() const { return words_.size() * sizeof(Word); }
  void Clear() {
    words_.clear();
    slots_.clear();
    shift_ = 64;
  }

 private:
  size_t Home(Word word) const { return size_t(uint64_t(word) * 0x9e3779b97f4a7c15 >> shift_); }

  size_t SlotOf(Word word) const {
    size_t slot = Home(word);
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
  std::vector<uint32_t> slots_;  // number + 1; 0 is free
  int shift_ = 64;
};

/// Numbers texts; keeps them as a dictionary page does, each behind its length in four bytes.
class TextIndex {
 public:
  uint32_t NumberOf(std::string_view text);

  std::string_view Text(uint32_t number) const;
  const std::string& page() const { return page_; }
  size_t size() const { return begins_.size(); }
  size_t Bytes() const { return page_.size(); }
  void Clear();

 private:
  struct Slot {
    uint32_t hash = 0, number = 0;  // number + 1; 0 is free
  };
  size_t SlotOf(std::string_view text, uint64_t hash) const;
  void Grow();

  std::string page_;
  std::vector<uint32_t> begins_;
  std::vector<Slot> slots_;
  uint32_t last_ = 0;  // the one before is the most likely one
};

}  // namespace ingot::parquet_format
