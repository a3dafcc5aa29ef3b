// Finds a value in bytes that are not decoded: records that did not fit, unknown members, metadata.
#pragma once

#include <string>
#include <string_view>

namespace ingot::maintain {

class ValueSearch {
 public:
  enum class Kind { kText, kUuid, kNumber };

  /// Input: the value as text; a number in the notation of JSON.
  ValueSearch(std::string text, Kind kind);

  /// Whether the bytes hold the value. Text is found as UTF-8, with the escapes of JSON and with the doubled quotes of
  /// CSV; UUIDs in upper and lower case; numbers in any notation (12, 12.0, 1.2e1). In bytes without control characters
  /// it must be a whole word: "u1" is not in "u12", "x-u1" or "u1@example.com". Cost: O(bytes).
  bool In(std::string_view bytes) const;

  bool IsNumber() const { return kind_ == Kind::kNumber; }
  const std::string& text() const { return text_; }

 private:
  bool InText(std::string_view bytes) const;
  bool InNumbers(std::string_view bytes) const;

  std::string text_;
  Kind kind_;
  double number_ = 0;
};

/// `text` with the escapes of JSON strings decoded, inside or outside of quotes.
std::string WithoutJsonEscapes(std::string_view text);

}  // namespace ingot::maintain
