// CSV as records: a JSON object of texts for each row, under the names of the header. Nothing ambiguous is guessed: a
// row that is not as wide as the header, a quote that does not close, and bytes that are no text become records without
// JSON, with their bytes and the reason; a header that fits no field is an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/csv_text.h"
#include "source/source.h"
#include "source/text_encoding.h"

namespace ingot::source {

class CsvRows {
 public:
  explicit CsvRows(const CsvOptions& options);

  /// Reads what stands before the first row at the start of a file: the byte order mark and the header. Returns the
  /// bytes it takes; nothing while more have to be read. Errors: kBadInput with what is wrong and what to do.
  Result<std::optional<size_t>> ReadHead(std::string_view bytes, bool at_end);
  bool HasHead() const { return has_head_; }
  /// The fields of the pipeline file for which the header has no column.
  const std::vector<std::string>& FieldsWithoutColumn() const { return missing_; }

  /// Appends a record for each complete row: its JSON to `json`; its place in `bytes` to the record's `offset` and as
  /// its original. Blank rows are no records. Returns the bytes used.
  size_t Split(std::string_view bytes, bool at_end, std::string& json, RawBatch& batch) const;

  TextEncoding Encoding() const { return encoding_; }

 private:
  struct Output;

  Status ChooseEncoding(std::string_view bytes, size_t& mark_bytes);
  bool LooksWide(std::string_view bytes) const;
  Status TakeHeader(const CsvRow& row, std::string_view line);
  std::string DelimiterHint(std::string_view line) const;
  std::string UnknownHeader(std::string_view line) const;
  void Begin(std::vector<std::string> names);
  bool IsFieldKey(const std::string& name) const;
  bool IsHeader(const CsvRow& row) const;
  std::string ProblemOf(const CsvRow& row, std::string_view original) const;
  void AppendJson(const CsvRow& row, std::string& json) const;
  void AppendLines(const CsvRow& row, std::string_view text, Output& output) const;

  const CsvOptions options_;
  const CsvDialect dialect_;
  TextEncoding encoding_ = TextEncoding::kUtf8;
  bool has_head_ = false;
  std::vector<std::string> names_;  // of the columns
  std::vector<std::string> keys_;   // the same as keys of JSON
  std::vector<std::string> missing_;
};

}  // namespace ingot::source
