#include "bronze/raw_json.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "base/json_text.h"

namespace ingot::bronze {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";

bool InNumber(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// Checks JSON's grammar, because std::from_chars also accepts "1." and "01".
bool IsNumber(std::string_view text) {
  size_t at = text.starts_with('-');
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  const bool zero = at < text.size() && text[at] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.' && (++at, digits() == 0)) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

/// Whether a number exceeds 64 bits by so few digits that the parser does not detect it.
bool IsJustBeyond64Bits(std::string_view number) {
  uint64_t value = 0;
  return number.size() == 20 && IsNumber(number) && number.find_first_of("-.eE") == std::string_view::npos &&
         std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc();
}

/// A number too close to zero becomes 0, the nearest double, as in other parsers.
bool IsTooLarge(std::string_view number) {
  double value = 0;
  if (!IsNumber(number)) return false;
  if (std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc()) return false;
  const size_t exponent = number.find_first_of("eE");
  return exponent == std::string_view::npos || number.substr(exponent + 1, 1) != "-";
}

}  // namespace

void RawMembers::Skip(std::string_view one_of) {
  const auto blanks = [&] {
    const size_t at = rest_.find_first_not_of(kBlanks);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  };
  blanks();
  if (!rest_.empty() && one_of.find(rest_[0]) != std::string_view::npos) rest_.remove_prefix(1);
  blanks();
}

std::string_view RawMembers::TakeValue() {
  size_t at = 0;
  int depth = 0;
  while (at < rest_.size()) {
    const char c = rest_[at];
    if (c == '"') {
      at = JsonStringEnd(rest_, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == ':')) break;
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    ++at;
  }
  const std::string_view value = rest_.substr(0, at);
  rest_.remove_prefix(at);
  return value;
}

RawMembers::Member RawMembers::Next() {
  if (rest_.empty() || rest_[0] != '"') return {};
  const size_t key_end = JsonStringEnd(rest_, 0);
  Member member{.key = rest_.substr(0, key_end), .value = {}};
  rest_.remove_prefix(key_end);
  Skip(":");
  member.value = TakeValue();
  Skip(",");
  return member;
}

std::string_view RawMembers::NextElement() {
  const std::string_view value = TakeValue();
  Skip(",");
  return value;
}

std::string_view RawChild(std::string_view container, size_t index) {
  RawMembers children(container);
  const bool array = container[container.find_first_not_of(kBlanks)] == '[';
  std::string_view value;
  for (size_t i = 0; i <= index; ++i) value = array ? children.NextElement() : children.Next().value;
  return value;
}

bool IsWholeNumber(std::string_view number) {
  const size_t exponent_at = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, exponent_at);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t last = mantissa.find_last_of("123456789");
  if (last == std::string_view::npos) return true;  // zero
  // The place of the last nonzero digit; places from 1 on are after the decimal point.
  const int64_t behind = last < point ? int64_t(last) - int64_t(point) + 1 : int64_t(last - point);
  std::string_view power = number.substr(std::min(exponent_at + 1, number.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  int64_t exponent = 0;
  const auto parsed = std::from_chars(power.data(), power.data() + power.size(), exponent);
  if (parsed.ec == std::errc::result_out_of_range) return !power.starts_with('-');
  return behind <= exponent;
}

void AppendWithoutBlanks(std::string& out, std::string_view json) {
  for (size_t at = 0; at < json.size();) {
    size_t end = at;
    while (end < json.size() && uint8_t(json[end]) > ' ') end = json[end] == '"' ? JsonStringEnd(json, end) : end + 1;
    out += json.substr(at, end - at);
    for (at = end; at < json.size() && uint8_t(json[at]) <= ' ';) ++at;
  }
}

std::string WithLargeNumbers(std::string_view json) {
  std::string out;
  size_t copied = 0;
  for (size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = JsonStringEnd(json, at);
      continue;
    }
    const size_t begin = at;
    while (at < json.size() && InNumber(json[at])) ++at;
    if (at == begin) {
      ++at;
      continue;
    }
    const std::string_view number = json.substr(begin, at - begin);
    const bool just_beyond = IsJustBeyond64Bits(number);
    if (!just_beyond && !IsTooLarge(number)) continue;
    out += json.substr(copied, begin - copied);
    if (just_beyond)
      out.append(number).append(".0");
    else
      out.append(number.starts_with('-') ? "-1" : "1").append(310, '0');
    copied = at;
  }
  if (!out.empty()) out += json.substr(copied);
  return out;
}

}  // namespace ingot::bronze
