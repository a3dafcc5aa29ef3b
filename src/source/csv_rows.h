// Converts CSV rows to JSON objects of strings, keyed by the header.
// Nothing ambiguous is guessed. A row of the wrong width, an unclosed quote and invalid text become records without
// JSON; they keep their bytes and the reason.
// A header that matches no field is an error.
#pragma once

#include <memory>
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

  /// Reads the byte order mark and the header at the start of a file.
  /// Output: the bytes they take; nothing while more bytes are needed.
  /// Errors: kBadInput with the problem and its remedy.
  Result<std::optional<size_t>> ReadHead(std::string_view bytes, Rest rest);
  bool HasHead() const { return has_head_; }
  /// The fields of the pipeline file that have no column in the header.
  const std::vector<std::string>& FieldsWithoutColumn() const { return missing_; }
  /// The columns that no field reads.
  std::vector<std::string> UnreadColumns() const;
  /// Whether ReadHead failed because the header has no column of any field.
  bool HeaderIsUnknown() const { return unknown_header_; }

  /// Appends a record for each complete row to `batch`, and its JSON to `json`. A record's `offset` is the row's
  /// position in `bytes`; the row is its original. Blank rows are skipped. Returns the bytes used.
  size_t Split(std::string_view bytes, Rest rest, std::string& json, RawBatch& batch) const;

  TextEncoding Encoding() const { return encoding_; }
  /// How the rows are read (csv_layout.h). Nothing before the head was read.
  const std::shared_ptr<const std::string>& Layout() const { return layout_; }

 private:
  struct Output;

  Status ChooseEncoding(std::string_view bytes, size_t& mark_bytes);
  std::optional<bool> LooksWide(std::string_view bytes, Rest rest) const;
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
  bool unknown_header_ = false;
  std::vector<std::string> names_;  // of the columns
  std::vector<std::string> keys_;   // the same as JSON keys
  std::vector<std::string> missing_;
  std::shared_ptr<const std::string> layout_;
};

}  // namespace ingot::source
