#include "gold/distinct.h"

#include <arrow/api.h>

#include <bit>
#include <cstring>

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "base/row_hash.h"
#include "gold/group_table.h"

namespace ingot::gold {
namespace {

struct Key {
  uint64_t a = 0, b = 0;
  bool operator==(const Key&) const = default;
};

/// Open addressing; the key of zeros is kept aside.
class KeySet {
 public:
  void Insert(const Key& key) {
    if (key == Key{}) {
      zero_ = true;
      return;
    }
    if ((size_ + 1) * 2 > slots_.size()) Grow();
    Key& slot = slots_[SlotOf(key)];
    size_ += slot == Key{};
    slot = key;
  }
  size_t size() const { return size_ + zero_; }
  size_t Bytes() const { return slots_.capacity() * sizeof(Key); }
  /// Empty, with room for `count`; memory is kept.
  void Reset(size_t count) {
    slots_.assign(std::bit_ceil(std::max<size_t>(16, count * 2 + 2)), Key{});
    size_ = 0;
    zero_ = false;
  }
  template <typename Take>
  void ForEach(const Take& take) const {
    if (zero_) take(Key{});
    for (const Key& key : slots_)
      if (!(key == Key{})) take(key);
  }

 private:
  size_t SlotOf(const Key& key) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = MixHash(key.a, key.b) & mask;
    while (!(slots_[slot] == Key{}) && !(slots_[slot] == key)) slot = (slot + 1) & mask;
    return slot;
  }
  void Grow() {
    std::vector<Key> old(std::max<size_t>(16, slots_.size() * 2));
    old.swap(slots_);
    for (const Key& key : old)
      if (!(key == Key{})) slots_[SlotOf(key)] = key;
  }

  std::vector<Key> slots_;
  size_t size_ = 0;
  bool zero_ = false;
};

struct Group {
  std::vector<Key> loose;
  KeySet settled;
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
    const auto rows = arrow::RecordBatch::Make(arrow::schema({arrow::field("value", values->type())}),
                                               values->length(), {arrow::MakeArray(values->data())});
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
      if (to.loose.empty() && to.settled.size() == 0) {
        to = std::move(from[i]);
        continue;
      }
      to.loose.insert(to.loose.end(), from[i].loose.begin(), from[i].loose.end());
      from[i].settled.ForEach([&](const Key& key) { to.loose.push_back(key); });
      from[i] = {};
    }
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression&, std::span<const uint32_t> groups,
                                              int threads) override {
    std::vector<int64_t> counts(groups.size());
    std::vector<KeySet> scratch(size_t(std::max(1, threads)));
    INGOT_TRY(ForEachInParallel(threads, groups.size(), [&](size_t thread, size_t i) -> Status {
      Group& group = groups_[groups[i]];
      if (group.settled.size() > 0) Settle(group);
      KeySet& set = group.settled.size() > 0 ? group.settled : scratch[thread];
      if (&set == &scratch[thread]) set.Reset(group.loose.size());
      for (const Key& key : group.loose) set.Insert(key);
      counts[i] = int64_t(set.size());
      return {};
    }));
    arrow::Int64Builder builder;
    INGOT_ARROW(builder.AppendValues(counts));
    INGOT_ARROW_ASSIGN(auto array, builder.Finish());
    return array;
  }

  void Settle(std::span<const uint32_t> groups, int threads) override {
    (void)ForEachInParallel(threads, groups.size(), [&](size_t, size_t i) -> Status {
      Settle(groups_[groups[i]]);
      return {};
    });
  }

  size_t Bytes() const override {
    size_t bytes = 0;
    for (const Group& group : groups_)
      bytes += sizeof(Group) + group.loose.capacity() * sizeof(Key) + group.settled.Bytes();
    return bytes;
  }

 private:
  static void Settle(Group& group) {
    for (const Key& key : group.loose) group.settled.Insert(key);
    group.loose = {};
  }

  std::vector<Group> groups_;
};

}  // namespace

std::unique_ptr<Aggregate> MakeDistinct() { return std::make_unique<Distinct>(); }

}  // namespace ingot::gold
