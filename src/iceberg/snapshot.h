// The snapshots of a table: what it was after each commit.
// Source: Iceberg specification, "Snapshots".
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ingot::iceberg {

using SnapshotId = int64_t;
using SequenceNumber = int64_t;
using Properties = std::map<std::string, std::string>;

struct Snapshot {
  SnapshotId snapshot_id = 0;
  std::optional<SnapshotId> parent_id;
  SequenceNumber sequence_number = 0;
  int64_t timestamp_ms = 0;
  std::string manifest_list;  // empty in old format-1 snapshots, which name their manifests:
  std::vector<std::string> manifests;
  Properties summary;  // with "operation": append, replace, overwrite, delete
  std::optional<int32_t> schema_id;
  std::optional<int64_t> first_row_id;  // format 3: rows that came with it have ids from here on,
  std::optional<int64_t> added_rows;    // as many at most
  uint64_t serial = 0;  // of this process: what bears the same has the same text; 0 while it is in no list
  std::string json;     // as metadata files have it, with keys that this version does not know; empty when in none yet

  std::string Operation() const;
};

/// Snapshots in the order in which they came. One that is in the list never changes: all versions of a table's metadata
/// share it, so that a commit costs a pointer for each, not a copy.
class SnapshotList {
 public:
  class Iterator {
   public:
    using value_type = Snapshot;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const std::shared_ptr<const Snapshot>* at) : at_(at) {}
    const Snapshot& operator*() const { return **at_; }
    const Snapshot* operator->() const { return at_->get(); }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    const std::shared_ptr<const Snapshot>* at_ = nullptr;
  };

  SnapshotList() = default;
  SnapshotList(std::initializer_list<Snapshot> snapshots) {
    for (const Snapshot& snapshot : snapshots) push_back(snapshot);
  }

  Iterator begin() const { return Iterator(list_.data()); }
  Iterator end() const { return Iterator(list_.data() + list_.size()); }
  size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }
  const Snapshot& operator[](size_t i) const { return *list_[i]; }
  void push_back(Snapshot snapshot) {
    static std::atomic<uint64_t> last = 0;
    snapshot.serial = ++last;
    list_.push_back(std::make_shared<const Snapshot>(std::move(snapshot)));
  }
  template <typename Gone>
  void EraseIf(const Gone& gone) {
    std::erase_if(list_, [&](const auto& snapshot) { return gone(*snapshot); });
  }

 private:
  std::vector<std::shared_ptr<const Snapshot>> list_;
};

struct SnapshotLogEntry {
  int64_t timestamp_ms = 0;
  SnapshotId snapshot_id = 0;
};

}  // namespace ingot::iceberg
