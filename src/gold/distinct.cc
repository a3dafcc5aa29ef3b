#include "gold/distinct.h"

#include <arrow/api.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "base/row_hash.h"
#include "gold/group_table.h"
#include "gold/merge_into.h"

namespace ingot::gold {
namespace {

struct Key {
  uint64_t a = 0, b = 0;
  auto operator<=>(const Key&) const = default;
};

/// Keys as they came, and, of a group that was settled, one of each in order.
struct Group {
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
};

/// Counts the distinct of many keys without keeping them: open addressing, emptied for each group.
class KeyCounter {
 public:
  size_t Count(std::span<const Key> keys) {
    slots_.assign(std::bit_ceil(std::max<size_t>(16, keys.size() * 2)), Key{});
    size_t count = 0;
    bool zero = false;  // the key of zeros is what marks a free slot
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

class Distinct : public Aggregate {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    groups_.resize(std::max(groups_.size(), count));
    const auto add = [&](const auto& key_of) {
      for (size_t row = 0; row < groups.size(); ++row)
        if (values->null_count() == 0 || values->IsValid(int64_t(row)))
          groups_[groups[row]].loose.push_back(key_of(int64_t(row)));
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

  Status Merge(Aggregate& other, std::span<const uint32_t> group, size_t count) override {
    auto& from = static_cast<Distinct&>(other).groups_;
    groups_.resize(std::max(groups_.size(), count));
    for (size_t i = 0; i < from.size(); ++i) {
      if (group[i] == GroupTable::kNone) continue;
      Group& to = groups_[group[i]];
      if (to.loose.empty() && to.settled.empty()) {
        to = std::move(from[i]);
        continue;
      }
      to.loose.insert(to.loose.end(), from[i].loose.begin(), from[i].loose.end());
      to.loose.insert(to.loose.end(), from[i].settled.begin(), from[i].settled.end());
      from[i] = {};
    }
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression&, std::span<const uint32_t> groups,
                                              int threads) override {
    std::vector<int64_t> counts(groups.size());
    std::vector<KeyCounter> counters(size_t(std::max(1, threads)));
    INGOT_TRY(ForEachInParallel(threads, groups.size(), [&](size_t thread, size_t i) -> Status {
      Group& group = groups_[groups[i]];
      if (!group.settled.empty()) group.Settle();
      counts[i] = int64_t(group.settled.size() + counters[thread].Count(group.loose));
      return {};
    }));
    arrow::Int64Builder builder;
    INGOT_ARROW(builder.AppendValues(counts));
    INGOT_ARROW_ASSIGN(auto array, builder.Finish());
    return array;
  }

  void Settle(std::span<const uint32_t> groups, int threads) override {
    (void)ForEachInParallel(threads, groups.size(), [&](size_t, size_t i) -> Status {
      groups_[groups[i]].Settle();
      return {};
    });
  }

  size_t Bytes() const override {
    size_t bytes = 0;
    for (const Group& group : groups_)
      bytes += sizeof(Group) + (group.loose.capacity() + group.settled.capacity()) * sizeof(Key);
    return bytes;
  }

 private:
  std::vector<Group> groups_;
};

}  // namespace

std::unique_ptr<Aggregate> MakeDistinct() {
  return std::make_unique<Distinct>();
}

}  // namespace ingot::gold
