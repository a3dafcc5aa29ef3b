// Access to JSON as it was written: members, and numbers with all their digits, which a parsed document does not keep.
// Source: RFC 8259.
#pragma once

#include <string>
#include <string_view>

namespace ingot::bronze {

/// Iterates over the members of an object, as bytes, in order. The text must be a JSON object.
class RawMembers {
 public:
  /// `object` may begin with a byte order mark.
  explicit RawMembers(std::string_view object) : rest_(object) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    Skip("{[");
  }

  struct Member {
    std::string_view key;  // including its quotes
    std::string_view value;
  };
  /// Returns the next member; its key is empty after the last member.
  Member Next();
  /// Returns the next element when the text is an array instead of an object.
  std::string_view NextElement();

 private:
  /// Skips whitespace and any of these characters.
  void Skip(std::string_view one_of);
  std::string_view TakeValue();

  std::string_view rest_;
};

/// Returns the value of member or element `index` of an object or array. It must exist.
std::string_view RawChild(std::string_view container, size_t index);

/// Whether a number in JSON or CSV has no fraction: 5, 5.0 and 50e-1, but not 5.00000000000000000001.
bool IsWholeNumber(std::string_view number);

/// Appends a JSON value without the whitespace between its tokens.
void AppendWithoutBlanks(std::string& out, std::string_view json);

/// Rewrites valid JSON numbers that simdjson rejects. A number too large for a double, e.g. 1e400, becomes an integer
/// of 311 digits. An integer of 20 digits beyond 64 bits gets a fraction of 0. Output: the rewritten text; empty when
/// there is no such number.
std::string WithLargeNumbers(std::string_view json);

}  // namespace ingot::bronze
