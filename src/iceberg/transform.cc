#include "iceberg/transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/clock.h"
#include "base/enum_count.h"
#include "base/utf8.h"

namespace ingot::iceberg {
namespace {

constexpr std::pair<TransformKind, std::string_view> kNames[] = {
    {TransformKind::kIdentity, "identity"}, {TransformKind::kYear, "year"}, {TransformKind::kMonth, "month"},
    {TransformKind::kDay, "day"},           {TransformKind::kHour, "hour"}, {TransformKind::kVoid, "void"},
};
static_assert(std::size(kNames) + 3 == kEnumCount<TransformKind>, "bucket and truncate have a width; unknown has none");

int64_t FloorDivide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

bool IsTimestamp(TypeId id) {
  return id == TypeId::kTimestamp || id == TypeId::kTimestamptz || id == TypeId::kTimestampNs ||
         id == TypeId::kTimestamptzNs;
}

int64_t DaysOf(const Value& value, const Type& source) {
  if (source.id == TypeId::kDate) return std::get<int32_t>(value);
  const bool nanos = source.id == TypeId::kTimestampNs || source.id == TypeId::kTimestamptzNs;
  return FloorDivide(std::get<int64_t>(value), kMicrosPerDay * (nanos ? 1000 : 1));
}

std::string FirstCodePoints(const std::string& text, int32_t count) {
  size_t end = 0;
  while (end < text.size() && count > 0) {
    ++end;
    while (end < text.size() && IsUtf8Continuation(text[end])) ++end;
    --count;
  }
  return text.substr(0, end);
}

template <typename T>
T TruncateNumber(T value, T width) {
  return value - (((value % width) + width) % width);
}

Result<Value> Truncate(const Value& value, int32_t width, const Type& source) {
  switch (source.id) {
    case TypeId::kInt:
      return Value(int32_t(TruncateNumber<int64_t>(std::get<int32_t>(value), width)));
    case TypeId::kLong:
      return Value(int64_t(TruncateNumber<__int128>(std::get<int64_t>(value), width)));
    case TypeId::kDecimal:
      return Value(Decimal{TruncateNumber<__int128>(std::get<Decimal>(value).unscaled, width)});
    case TypeId::kString:
      return Value(FirstCodePoints(std::get<std::string>(value), width));
    case TypeId::kBinary:
      return Value(std::get<std::string>(value).substr(0, size_t(width)));
    case TypeId::kBoolean:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kBadInput, "truncate does not accept " + TypeName(source));
}

}  // namespace

Result<Transform> ParseTransform(std::string_view text) {
  for (const auto& [kind, name] : kNames)
    if (name == text) return Transform{.kind = kind};
  for (const auto& [kind, name] : {std::pair{TransformKind::kBucket, std::string_view("bucket[")},
                                   std::pair{TransformKind::kTruncate, std::string_view("truncate[")}}) {
    if (!text.starts_with(name) || !text.ends_with(']')) continue;
    int32_t parameter = 0;
    const auto [end, error] = std::from_chars(text.data() + name.size(), text.data() + text.size() - 1, parameter);
    if (error != std::errc() || end != text.data() + text.size() - 1 || parameter <= 0)
      return Fail(ErrorKind::kCorrupt, "transform parameter must be positive: '" + std::string(text) + "'");
    return Transform{.kind = kind, .parameter = parameter};
  }
  return Transform{.kind = TransformKind::kUnknown, .unknown_name = std::string(text)};
}

std::string TransformName(const Transform& transform) {
  if (transform.kind == TransformKind::kBucket) return fmt::format("bucket[{}]", transform.parameter);
  if (transform.kind == TransformKind::kTruncate) return fmt::format("truncate[{}]", transform.parameter);
  for (const auto& [kind, name] : kNames)
    if (kind == transform.kind) return std::string(name);
  return transform.unknown_name;
}

Result<Type> TransformResultType(const Transform& transform, const Type& source) {
  const auto refuse = [&] {
    return Fail(ErrorKind::kBadInput, "transform " + TransformName(transform) + " does not accept " + TypeName(source));
  };
  switch (transform.kind) {
    case TransformKind::kIdentity:
      if (source.IsNested()) return refuse();
      return source;
    case TransformKind::kBucket:
      if (source.IsNested() || source.id == TypeId::kBoolean || source.id == TypeId::kFloat ||
          source.id == TypeId::kDouble)
        return refuse();
      return Type{.id = TypeId::kInt};
    case TransformKind::kTruncate:
      if (source.id != TypeId::kInt && source.id != TypeId::kLong && source.id != TypeId::kDecimal &&
          source.id != TypeId::kString && source.id != TypeId::kBinary)
        return refuse();
      return source;
    case TransformKind::kYear:
    case TransformKind::kMonth:
      if (source.id != TypeId::kDate && !IsTimestamp(source.id)) return refuse();
      return Type{.id = TypeId::kInt};
    case TransformKind::kDay:
      if (source.id != TypeId::kDate && !IsTimestamp(source.id)) return refuse();
      return Type{.id = TypeId::kDate};
    case TransformKind::kHour:
      if (!IsTimestamp(source.id)) return refuse();
      return Type{.id = TypeId::kInt};
    case TransformKind::kVoid:
      return source;
    case TransformKind::kUnknown:
      return Type{.id = TypeId::kString};
  }
  return refuse();
}

Result<Value> ApplyTransform(const Transform& transform, const Value& value, const Type& source) {
  if (transform.kind == TransformKind::kUnknown)
    return Fail(ErrorKind::kUnsupported, "unknown partition transform '" + transform.unknown_name + "'");
  if (IsNull(value) || transform.kind == TransformKind::kVoid) return Value{};
  switch (transform.kind) {
    case TransformKind::kBucket: {
      INGOT_ASSIGN(const int32_t hash, HashValue(value, source));
      return Value((hash & INT32_MAX) % transform.parameter);
    }
    case TransformKind::kTruncate:
      return Truncate(value, transform.parameter, source);
    case TransformKind::kYear:
      return Value(int32_t(CivilFromDays(DaysOf(value, source)).year - 1970));
    case TransformKind::kMonth: {
      const CivilDate date = CivilFromDays(DaysOf(value, source));
      return Value(int32_t((date.year - 1970) * 12 + date.month - 1));
    }
    case TransformKind::kDay:
      return Value(int32_t(DaysOf(value, source)));
    case TransformKind::kHour: {
      const bool nanos = source.id == TypeId::kTimestampNs || source.id == TypeId::kTimestamptzNs;
      const int64_t hours = FloorDivide(std::get<int64_t>(value), kMicrosPerHour * (nanos ? 1000 : 1));
      // Hours fit into 32 bits up to the year 246,953. Later ones are clamped, which preserves the order.
      return Value(int32_t(std::clamp<int64_t>(hours, INT32_MIN, INT32_MAX)));
    }
    case TransformKind::kIdentity:
    case TransformKind::kVoid:
    case TransformKind::kUnknown:
      break;
  }
  return value;
}

std::string PartitionText(const Transform& transform, const Value& value, const Type& source) {
  if (IsNull(value)) return "null";
  switch (transform.kind) {
    case TransformKind::kYear:
      return fmt::format("{:04}", 1970 + std::get<int32_t>(value));
    case TransformKind::kMonth: {
      const int64_t months = std::get<int32_t>(value);
      return fmt::format("{:04}-{:02}", 1970 + FloorDivide(months, 12), months - FloorDivide(months, 12) * 12 + 1);
    }
    case TransformKind::kDay:
      return ValueText(value, Type{.id = TypeId::kDate});
    case TransformKind::kHour: {
      const int64_t hours = std::get<int32_t>(value);
      return ValueText(Value(int32_t(FloorDivide(hours, 24))), Type{.id = TypeId::kDate}) +
             fmt::format("-{:02}", hours - FloorDivide(hours, 24) * 24);
    }
    case TransformKind::kBucket:
      return std::to_string(std::get<int32_t>(value));
    case TransformKind::kIdentity:
    case TransformKind::kTruncate:
    case TransformKind::kVoid:
    case TransformKind::kUnknown:
      break;
  }
  return ValueText(value, source);
}

bool KeepsOrder(const Transform& transform) {
  return transform.kind != TransformKind::kBucket && transform.kind != TransformKind::kVoid &&
         transform.kind != TransformKind::kUnknown;
}

}  // namespace ingot::iceberg
