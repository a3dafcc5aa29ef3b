// JSON as it was written: members and numbers with all their digits, which a parsed document has not.
// Source: RFC 8259.
#pragma once

#include <string>
#include <string_view>

namespace ingot::bronze {

/// The members of an object, as bytes, in order. The text must be a JSON object.
class RawMembers {
 public:
  /// A byte order mark may stand before it.
  explicit RawMembers(std::string_view object) : rest_(object) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    Skip("{[");
  }

  struct Member {
    std::string_view key;  // in its quotes
    std::string_view value;
  };
  /// The next member; an empty key behind the last.
  Member Next();
  /// The next element, of an array in place of an object.
  std::string_view NextElement();

 private:
  /// Blanks, and one of these characters between them.
  void Skip(std::string_view one_of);
  std::string_view TakeValue();

  std::string_view rest_;
};

/// The value of member or element `index` of an object or array, which must have it.
std::string_view RawChild(std::string_view container, size_t index);

/// Whether a number, as it is written in JSON or CSV, has no fraction: 5, 5.0, 50e-1, not 5.00000000000000000001.
bool IsWholeNumber(std::string_view number);

/// Appends a JSON value without the blanks between its tokens.
void AppendWithoutBlanks(std::string& out, std::string_view json);

/// The text with the numbers that simdjson refuses, though they are JSON, as it takes them: those too large for a
/// double, e.g. 1e400, as a whole number of as many digits, and whole ones of 20 digits beyond 64 bits with a fraction
/// of 0. Empty where there is none.
std::string WithLargeNumbers(std::string_view json);

}  // namespace ingot::bronze
