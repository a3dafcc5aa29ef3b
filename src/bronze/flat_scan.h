// The common record, read without building anything: one object of plain fields, each at most once, in any order but
// fastest in that of the pipeline file. What is not common is left to the general way, which decides all the rest, so
// that both agree on what they take. Source: RFC 8259 (JSON); D. Lemire, "Number Parsing at a Gigabyte per Second"
// (2021), section 2 (exact products).
#pragma once

#include <span>
#include <vector>

#include "bronze/cell.h"

namespace ingot::bronze {

class FlatScan {
 public:
  /// Whether records of these fields can be common: each comes from one plain key.
  static bool Suits(std::span<const pipeline::FieldSpec> fields);
  /// `fields` must outlive the scan.
  explicit FlatScan(std::span<const pipeline::FieldSpec> fields);

  /// Fills the cells, one a field, those of absent fields and nulls invalid. False for what is not common: then cells
  /// hold anything. source::kPadding more bytes than `size` may be read. Texts are views into the record.
  bool Scan(const char* bytes, size_t size, int64_t now_micros, std::span<FieldValue> cells) const;

 private:
  /// A key compared in two words; longer ones by the rest, too.
  class Key {
   public:
    explicit Key(std::string name);
    /// Whether the key that begins here, behind its quote, is this one.
    bool Begins(const char* at) const;
    size_t size() const { return name_.size(); }

   private:
    std::string name_;
    uint64_t words_[2] = {}, masks_[2] = {};
  };

  std::span<const pipeline::FieldSpec> fields_;
  std::vector<Key> keys_;
};

}  // namespace ingot::bronze
