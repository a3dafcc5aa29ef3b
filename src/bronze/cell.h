// One value of a record on its way into a column, and the strict conversions from JSON scalars.
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

/// A scalar of a JSON document, whichever parser read it.
struct Scalar {
  enum class Kind { kNull, kBoolean, kInteger, kUnsigned, kDouble, kText, kOther };
  Kind kind = Kind::kNull;
  int64_t integer = 0;
  double number = 0;
  std::string_view text;
  std::string_view digits;  // of a kDouble for an int or long: the number as it was written
  std::string_view other;   // what a kOther is: "array", "object", "a number out of range"
};

/// Fills `cell` from `scalar` by the field's type; a null leaves it invalid. Returns why it does not fit, "" when it
/// does.
std::string ConvertScalar(const pipeline::FieldSpec& field, const Scalar& scalar, int64_t ingested_at_micros,
                          FieldValue& cell);

/// The range check of times on its own, for the fast path.
bool TimeInRange(const pipeline::FieldSpec& field, int64_t micros, int64_t ingested_at_micros);

/// Multiplier from the field's epoch unit to microseconds; 0 for rfc3339 and for nanoseconds, which divide.
int64_t MicrosPerUnit(pipeline::TimeFormat format);

}  // namespace ingot::bronze
