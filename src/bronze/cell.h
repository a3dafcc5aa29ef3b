// One value of a record for a column, and the strict conversions from JSON scalars.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

struct FieldValue {
  bool valid = false;
  int64_t integer = 0;    // boolean, int, long, date, timestamptz
  double number = 0;      // float, double
  std::string_view text;  // string: a view into the parser's memory
  uint8_t uuid[16] = {};
};

/// A scalar of a JSON document, independent of the parser.
struct Scalar {
  enum class Kind { kNull, kBoolean, kInteger, kUnsigned, kDouble, kText, kOther };
  Kind kind = Kind::kNull;
  int64_t integer = 0;
  double number = 0;
  std::string_view text;
  std::string_view digits;  // for a kDouble in an int or long field: the number as written
  std::string_view other;   // for a kOther: "array", "object" or "a number out of range"
};

/// Converts `scalar` to the field's type and writes it to `cell`; a null leaves the cell invalid. Returns the reason
/// when it does not fit, otherwise "".
std::string ConvertScalar(const pipeline::FieldSpec& field, const Scalar& scalar, int64_t ingested_at_micros,
                          FieldValue& cell);

/// Checks only the range of a time, for the fast path.
bool TimeInRange(const pipeline::FieldSpec& field, int64_t micros, int64_t ingested_at_micros);

/// Returns the multiplier from the field's epoch unit to microseconds; 0 for rfc3339 and for nanoseconds, which need a
/// division.
int64_t MicrosPerUnit(pipeline::TimeFormat format);

}  // namespace ingot::bronze
