// Writes rows of bronze as the JSON records that they came from, as far as bronze holds them: _extra, and the values of
// fields at their path, in the form that the record had.
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

/// Not thread-safe. A number is the one that a record most likely had: the shortest that gives the stored value.
class RecordText {
 public:
  struct Options {
    std::vector<pipeline::FieldSpec> fields;  // by which the rows were read
    /// Top-level keys whose numbers and booleans are written in quotes, for fields with `coerce`.
    std::vector<std::string> quoted_keys = {};
    bool all_quoted = false;  // the same for every key: records of CSV
  };
  explicit RecordText(Options options);
  ~RecordText();
  RecordText(RecordText&&) noexcept;

  /// The rows from which Append writes. Columns are decoded. Errors: kUnsupported for a column of a type that no field
  /// has.
  Status Begin(const arrow::RecordBatch& rows);

  /// Appends the record of a row without an _error. A value that equals the field's default is left out: the record may
  /// not have had the field. A value behind a path with several steps is in _extra already.
  void Append(std::string& out, int64_t row);

 private:
  struct Member;
  struct Parser;
  bool HasEarlier(const Member& member, std::string_view extra);

  std::vector<Member> members_;
  std::vector<int64_t> written_;  // by number of a key: the record in which it was written last
  std::string scratch_;
  int64_t record_ = 0;
  std::shared_ptr<const arrow::StringArray> extra_;
  std::unique_ptr<Parser> parser_;
};

/// The key of the member from which a row most likely got its value: the first path with one step. Empty if every path
/// has several steps.
std::string_view OwnKey(const pipeline::FieldSpec& field);

}  // namespace ingot::bronze
