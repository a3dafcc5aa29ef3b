// A map from field id to value, for column metrics: the manifests of large tables contain hundreds of thousands of
// them.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "iceberg/types.h"

namespace ingot::iceberg {

/// A sorted vector with the interface of a map: one allocation per file instead of one per column.
template <typename T>
class FieldMap {
 public:
  using Entry = std::pair<FieldId, T>;

  FieldMap() = default;
  FieldMap(std::initializer_list<Entry> entries) {
    for (const auto& [id, value] : entries) (*this)[id] = value;
  }

  T& operator[](FieldId id) {
    if (entries_.empty() || entries_.back().first < id) return entries_.emplace_back(id, T()).second;
    const auto at = std::ranges::lower_bound(entries_, id, {}, &Entry::first);
    return at->first == id ? at->second : entries_.emplace(at, id, T())->second;
  }
  auto find(FieldId id) const {
    const auto at = std::ranges::lower_bound(entries_, id, {}, &Entry::first);
    return at != entries_.end() && at->first == id ? at : entries_.end();
  }
  const T& at(FieldId id) const { return find(id)->second; }  // the id must exist
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  void erase(FieldId id) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.first == id; });
  }
  void reserve(size_t count) { entries_.reserve(count); }
  bool operator==(const FieldMap&) const = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace ingot::iceberg
