#include "base/rfc3339.h"

#include "base/clock.h"

namespace ingot {
namespace {

bool Digits(std::string_view text, size_t begin, size_t count, int& value) {
  if (begin + count > text.size()) return false;
  value = 0;
  for (size_t i = begin; i < begin + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

bool ParseRfc3339(std::string_view text, int64_t& micros, int64_t* nanos) {
  int year, month, day, hour, minute, second;
  if (!Digits(text, 0, 4, year) || !Digits(text, 5, 2, month) || !Digits(text, 8, 2, day) ||
      !Digits(text, 11, 2, hour) || !Digits(text, 14, 2, minute) || !Digits(text, 17, 2, second))
    return false;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':')
    return false;
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day < 1 || day > kDays[month - 1] + (month == 2 && leap)) return false;
  size_t at = 19;
  int64_t fraction = 0, unit = 100'000'000;  // nanoseconds
  if (at < text.size() && text[at] == '.') {
    const size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += unit * (text[at] - '0');
    if (at == first) return false;
  }
  int64_t shift_minutes = 0;
  if (at >= text.size()) return false;
  if (text[at] == 'Z' || text[at] == 'z') {
    ++at;
  } else {
    int shift_hour, shift_minute;
    if ((text[at] != '+' && text[at] != '-') || !Digits(text, at + 1, 2, shift_hour) ||
        !Digits(text, at + 4, 2, shift_minute) || text[at + 3] != ':')
      return false;
    if (shift_hour > 23 || shift_minute > 59) return false;
    shift_minutes = (shift_hour * 60 + shift_minute) * (text[at] == '-' ? -1 : 1);
    at += 6;
  }
  const int64_t minutes =
      (DaysFromCivil(year, unsigned(month), unsigned(day)) * 24 + hour) * 60 + minute - shift_minutes;
  micros = (minutes * 60 + second) * 1'000'000 + fraction / 1000;
  if (nanos != nullptr) *nanos = fraction % 1000;
  return at == text.size();
}

}  // namespace ingot
