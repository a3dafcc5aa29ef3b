#include "parquet/dictionary.h"

#include <algorithm>

#include "base/row_hash.h"

namespace ingot::parquet_format {

std::string_view TextDictionary::Text(uint32_t index) const {
  uint32_t length = 0;
  std::memcpy(&length, page_.data() + begins_[index], sizeof length);
  return std::string_view(page_).substr(begins_[index] + sizeof length, length);
}

size_t TextDictionary::SlotOf(std::string_view text, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot].entry != 0 && (slots_[slot].hash != uint32_t(hash >> 32) || Text(slots_[slot].entry - 1) != text))
    slot = (slot + 1) & mask;
  return slot;
}

uint32_t TextDictionary::IndexOf(std::string_view text) {
  if (last_ < begins_.size() && Text(last_) == text) return last_;
  if ((begins_.size() + 1) * 2 > slots_.size()) Grow();
  const uint64_t hash = HashText(text, 1);
  Slot& slot = slots_[SlotOf(text, hash)];
  if (slot.entry == 0) {
    const uint32_t length = uint32_t(text.size());
    begins_.push_back(uint32_t(page_.size()));
    page_.append(reinterpret_cast<const char*>(&length), sizeof length);
    page_ += text;
    slot = {uint32_t(hash >> 32), uint32_t(begins_.size())};
  }
  return last_ = slot.entry - 1;
}

void TextDictionary::Grow() {
  slots_.assign(std::max<size_t>(256, slots_.size() * 4), {});
  for (uint32_t i = 0; i < begins_.size(); ++i) {
    const std::string_view text = Text(i);
    const uint64_t hash = HashText(text, 1);
    slots_[SlotOf(text, hash)] = {uint32_t(hash >> 32), i + 1};
  }
}

void TextDictionary::Clear() {
  page_.clear();
  begins_.clear();
  slots_.clear();
  last_ = 0;
}

}  // namespace ingot::parquet_format
