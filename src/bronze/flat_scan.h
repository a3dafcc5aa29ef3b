// The fast path for common records: one object of plain fields, each at most once. It is fastest in the order of the
// pipeline file.
// Other records are left to the general parser, which defines the result, so that both agree.
// Source: RFC 8259 (JSON); D. Lemire, "Number Parsing at a Gigabyte per Second" (2021), section 2 (exact products).
#pragma once

#include <span>
#include <vector>

#include "bronze/cell.h"

namespace ingot::bronze {

class FlatScan {
 public:
  /// Whether records with these fields can be common: each field must come from one plain key.
  static bool Supports(std::span<const pipeline::FieldSpec> fields);
  /// `fields` must outlive the scan.
  explicit FlatScan(std::span<const pipeline::FieldSpec> fields);

  /// Fills one cell per field; the cells of absent fields and nulls are invalid. Texts are views into the record. Up to
  /// source::kPadding bytes after `size` may be read.
  /// Output: false for a record that is not common; the cells are then undefined.
  bool Scan(const char* bytes, size_t size, int64_t now_micros, std::span<FieldValue> cells) const;

 private:
  /// A key that is compared as two words; longer keys are compared completely as well.
  class Key {
   public:
    explicit Key(std::string name);
    /// Whether the key that begins at `at`, after its quote, is this one.
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
