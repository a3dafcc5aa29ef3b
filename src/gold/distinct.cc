#include "gold/distinct.h"

#include <bit>
#include <cstring>

#include "base/row_hash.h"
#include "gold/merge_into.h"
#include "gold/per_group.h"

namespace ingot::gold {
namespace {

struct Key {
  uint64_t a = 0, b = 0;
  auto operator<=>(const Key&) const = default;
};

/// Keys in order of arrival; for a settled group, also the distinct keys in sorted order.
struct Keys {
  std::vector<Key> loose;
  std::vector<Key> settled;

  void Settle() {
    if (loose.empty()) return;
    std::ranges::sort(loose);
    loose.erase(std::ranges::unique(loose).begin(), loose.end());
    size_t i = 0;
    std::erase_if(loose, [&](const Key& key) {
      while (i < settled.size() && settled[i] < key) ++i;
      return i < settled.size() && settled[i] == key;
    });
    MergeInto(settled, loose, std::less());
    loose = {};
  }

  void Merge(Keys& other) {
    if (loose.empty() && settled.empty()) {
      *this = std::move(other);
      return;
    }
    loose.insert(loose.end(), other.loose.begin(), other.loose.end());
    loose.insert(loose.end(), other.settled.begin(), other.settled.end());
    other = {};
  }

  size_t HeapBytes() const { return (loose.capacity() + settled.capacity()) * sizeof(Key); }
};

/// Counts distinct keys without keeping them, by open addressing. It is emptied for each group.
class KeyCounter {
 public:
  size_t Count(std::span<const Key> keys) {
    slots_.assign(std::bit_ceil(std::max<size_t>(16, keys.size() * 2)), Key{});
    size_t count = 0;
    bool zero = false;  // the all-zero key, which marks a free slot
    const size_t mask = slots_.size() - 1;
    for (const Key& key : keys) {
      if (key == Key{}) {
        zero = true;
        continue;
      }
      size_t slot = MixHash(key.a, key.b) & mask;
      while (slots_[slot] != Key{} && slots_[slot] != key) slot = (slot + 1) & mask;
      count += slots_[slot] == Key{};
      slots_[slot] = key;
    }
    return count + zero;
  }

 private:
  std::vector<Key> slots_;
};

class Distinct : public PerGroup<Keys> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    const auto add = [&](const auto& key_of) {
      for (size_t row = 0; row < groups.size(); ++row)
        if (values->null_count() == 0 || values->IsValid(int64_t(row)))
          states_[groups[row]].loose.push_back(key_of(int64_t(row)));
    };
    if (values->type_id() == arrow::Type::FIXED_SIZE_BINARY &&
        static_cast<const arrow::FixedSizeBinaryArray&>(*values).byte_width() == int(sizeof(Key))) {
      const auto& fixed = static_cast<const arrow::FixedSizeBinaryArray&>(*values);
      add([&](int64_t row) {
        Key key;
        std::memcpy(&key, fixed.GetValue(row), sizeof(key));
        return key;
      });
      return {};
    }
    const auto rows = arrow::RecordBatch::Make(arrow::schema({arrow::field("value", values->type())}), values->length(),
                                               {arrow::MakeArray(values->data())});
    INGOT_ASSIGN(const auto a, HashRows(*rows, 1));
    INGOT_ASSIGN(const auto b, HashRows(*rows, 2));
    add([&](int64_t row) { return Key{a[size_t(row)], b[size_t(row)]}; });
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression&, std::span<const uint32_t> groups,
                                              int threads) override {
    std::vector<std::optional<int64_t>> counts(states_.size());
    std::vector<KeyCounter> counters(size_t(std::max(1, threads)));
    INGOT_TRY(ForEachInParallel(threads, groups.size(), [&](size_t thread, size_t i) -> Status {
      Keys& keys = states_[groups[i]];
      if (!keys.settled.empty()) keys.Settle();
      counts[groups[i]] = int64_t(keys.settled.size() + counters[thread].Count(keys.loose));
      return {};
    }));
    return Build<arrow::Int64Builder>(groups, [&](uint32_t group) { return counts[group]; });
  }
};

}  // namespace

std::unique_ptr<Aggregate> MakeDistinct() {
  return std::make_unique<Distinct>();
}

}  // namespace ingot::gold
