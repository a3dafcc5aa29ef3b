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
    Skip("{");
  }

  struct Member {
    std::string_view key;  // in its quotes
    std::string_view value;
  };
  /// The next member; an empty key behind the last.
  Member Next();

 private:
  /// Blanks, and one of these characters between them.
  void Skip(std::string_view one_of);
  std::string_view TakeValue();

  std::string_view rest_;
};

/// Appends a JSON value without the blanks between its tokens.
void AppendWithoutBlanks(std::string& out, std::string_view json);

/// The text with each number that is too large for a double, e.g. 1e400, written as a whole number of as many digits:
/// as such a parser takes it that keeps the digits of large whole numbers. Empty where there is none.
std::string WithLargeNumbersWhole(std::string_view json);

}  // namespace ingot::bronze
