// The snapshots of a table: its state after each commit.
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
  std::string manifest_list;  // empty in old format-1 snapshots, which list `manifests`
  std::vector<std::string> manifests;
  Properties summary;  // with "operation": append, replace, overwrite, delete
  std::optional<int32_t> schema_id;
  std::optional<int64_t> first_row_id;  // format 3: id of the first row that it added
  std::optional<int64_t> added_rows;    // format 3: upper limit of the rows added
  std::string json;  // its text in the metadata file, unknown keys included; empty for a new snapshot

  std::string Operation() const;
  /// Greater than the ids of all rows that the snapshot added.
  int64_t NextRowId() const { return first_row_id ? *first_row_id + added_rows.value_or(0) : 0; }
};

/// Snapshots in the order of their commits. A snapshot never changes; all versions of a table's metadata share it, in
/// chunks, so that a commit copies one pointer per chunk and the last chunk.
class SnapshotList {
 public:
  class Iterator {
   public:
    using value_type = Snapshot;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const SnapshotList* list, size_t at) : list_(list), at_(at) {}
    const Snapshot& operator*() const { return (*list_)[at_]; }
    const Snapshot* operator->() const { return &**this; }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) { return Iterator(list_, at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    const SnapshotList* list_ = nullptr;
    size_t at_ = 0;
  };
  /// Fields that are needed for every snapshot, kept together to be fast to iterate over.
  struct Entry {
    SnapshotId id = 0;
    uint64_t serial = 0;    // equal only for the same snapshot, within this process
    size_t json_bytes = 0;  // size of its JSON text
    std::shared_ptr<const Snapshot> snapshot;
  };

  SnapshotList() = default;
  SnapshotList(std::initializer_list<Snapshot> snapshots) {
    for (const Snapshot& snapshot : snapshots) push_back(snapshot);
  }

  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, size_); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Entry& At(size_t i) const { return (*chunks_[i / kChunk])[i % kChunk]; }
  const Snapshot& operator[](size_t i) const { return *At(i).snapshot; }

  void push_back(Snapshot snapshot) {
    static std::atomic<uint64_t> last = 0;
    const SnapshotId id = snapshot.snapshot_id;
    const size_t bytes = snapshot.json.size();
    Append({id, ++last, bytes, std::make_shared<const Snapshot>(std::move(snapshot))});
  }
  template <typename Gone>
  void EraseIf(const Gone& gone) {
    SnapshotList kept;
    for (size_t i = 0; i < size_; ++i)
      if (!gone((*this)[i])) kept.Append(At(i));
    *this = std::move(kept);
  }

 private:
  static constexpr size_t kChunk = 256;  // all chunks but the last are full
  using Chunk = std::vector<Entry>;

  void Append(Entry entry) {
    if (size_ % kChunk == 0)
      chunks_.push_back(std::make_shared<Chunk>());
    else if (chunks_.back().use_count() > 1)
      chunks_.back() = std::make_shared<Chunk>(*chunks_.back());
    chunks_.back()->push_back(std::move(entry));
    ++size_;
  }

  std::vector<std::shared_ptr<Chunk>> chunks_;
  size_t size_ = 0;
};

struct SnapshotLogEntry {
  int64_t timestamp_ms = 0;
  SnapshotId snapshot_id = 0;
};

}  // namespace ingot::iceberg
