#include "silver/key_hash.h"

#include <bit>
#include <mutex>

#include "base/parallel.h"

namespace ingot::silver {

void HashSet::Reset(size_t count) {
  slots_.assign(std::bit_ceil(std::max<size_t>(16, count * 2)), 0);
  size_ = 0;
}

bool HashSet::Insert(uint64_t hash) {
  hash += hash == 0;
  if ((size_ + 1) * 2 > slots_.size()) {
    const std::vector<uint64_t> old = std::move(slots_);
    Reset(std::max<size_t>(16, old.size()));
    for (const uint64_t kept : old)
      if (kept != 0) Insert(kept);
  }
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (slots_[slot] == hash) return false;
  slots_[slot] = hash;
  ++size_;
  return true;
}

bool HashSet::Contains(uint64_t hash) const {
  if (size_ == 0) return false;
  hash += hash == 0;
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (slots_[slot] == hash) return true;
  return false;
}

HashFilter::HashFilter(size_t count) : words_(std::max<size_t>(1, count / 2)) {}

size_t HashParts::size() const {
  size_t total = 0;
  for (const auto& part : parts_) total += part.size();
  return total;
}

Result<std::vector<uint64_t>> FindRepeated(const std::vector<HashParts>& parts, int threads) {
  std::vector<uint64_t> repeated;
  std::mutex mutex;
  std::vector<HashSet> sets(size_t(std::max(1, threads)));
  INGOT_TRY(ForEachInParallel(threads, HashParts::kParts, [&](size_t thread, size_t part) -> Status {
    size_t count = 0;
    for (const HashParts& all : parts) count += all.part(part).size();
    HashSet& set = sets[thread];
    set.Reset(count);
    for (const HashParts& all : parts)
      for (const uint64_t hash : all.part(part))
        if (!set.Insert(hash)) {
          std::lock_guard lock(mutex);
          repeated.push_back(hash);
        }
    return {};
  }));
  return repeated;
}

}  // namespace ingot::silver
