#include "bronze/record_text.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/rows.h"
#include "base/uuid.h"
#include "bronze/cell.h"
#include "bronze/json_path.h"

namespace ingot::bronze {
namespace {

using iceberg::TypeId;
using pipeline::FieldSpec;
using pipeline::TimeFormat;

/// The shortest number that the conversion to the column's unit made this value.
double UndoFactor(double value, double factor, bool single) {
  const auto gives = [&](double number) {
    return single ? float(number * factor) == float(value) : number * factor == value;
  };
  const double number = value / factor;
  for (int digits = single ? 6 : 15; digits <= 17; ++digits) {
    const double shorter = std::strtod(fmt::format("{:.{}g}", number, digits).c_str(), nullptr);
    if (gives(shorter)) return shorter;
  }
  for (const double near : {std::nextafter(number, -INFINITY), std::nextafter(number, INFINITY)})
    if (gives(near)) return near;
  return number;
}

template <typename Real>
void AppendReal(std::string& out, Real value) {
  if (!std::isfinite(value)) return AppendJsonString(out, fmt::format("{}", value));  // no record has it
  const size_t begin = out.size();
  fmt::format_to(std::back_inserter(out), "{}", value);
  // Written as an integer, -0 would lose its sign, and a large number would claim digits that the column does not have.
  const bool integer = out.find_first_of(".e", begin) == std::string::npos;
  if (integer && (std::abs(value) > Real(9e15) || (value == 0 && std::signbit(value)))) out += ".0";
}

void AppendRfc3339(std::string& out, int64_t units, int64_t per_second) {
  const int64_t per_micro = per_second / 1'000'000;
  const int64_t micros = units / per_micro - (units % per_micro < 0);
  std::string text = FormatTimestampMicros(micros);  // with six digits and a Z
  text.pop_back();
  if (const int64_t nanos = units - micros * per_micro; nanos != 0)
    text += fmt::format("{:03}", nanos);
  else if (text.ends_with("000000"))
    text.resize(text.size() - 7);
  else if (text.ends_with("000"))
    text.resize(text.size() - 3);
  AppendJsonString(out, text + "Z");
}

/// `units` since the epoch, as the number or text of a record.
void AppendTime(std::string& out, const FieldSpec& field, int64_t units, int64_t per_second) {
  if (field.time_format == TimeFormat::kRfc3339) return AppendRfc3339(out, units, per_second);
  const int64_t micros_per_step = MicrosPerUnit(field.time_format);
  if (micros_per_step == 0) {  // nanoseconds
    fmt::format_to(std::back_inserter(out), "{}", __int128(units) * (1'000'000'000 / per_second));
    return;
  }
  const int64_t step = micros_per_step * (per_second / 1'000'000);
  const uint64_t size = units < 0 ? -uint64_t(units) : uint64_t(units);
  fmt::format_to(std::back_inserter(out), "{}{}", units < 0 ? "-" : "", size / uint64_t(step));
  uint64_t fraction = size % uint64_t(step);
  if (fraction == 0) return;
  out += '.';
  for (int64_t place = step / 10; fraction > 0; place /= 10) {
    out += char('0' + fraction / uint64_t(place));
    fraction %= uint64_t(place);
  }
}

bool IsColumnOfField(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::STRING:
      return true;
    case arrow::Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width() == int32_t(kUuidBytes);
    default:
      return false;
  }
}

/// Appends a value as it was in the record. Input: a column of which IsColumnOfField is true.
void AppendValue(std::string& out, const FieldSpec& field, const arrow::Array& column, int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      out += static_cast<const arrow::BooleanArray&>(column).Value(row) ? "true" : "false";
      return;
    case arrow::Type::INT32:
      fmt::format_to(std::back_inserter(out), "{}", static_cast<const arrow::Int32Array&>(column).Value(row));
      return;
    case arrow::Type::INT64:
      fmt::format_to(std::back_inserter(out), "{}", static_cast<const arrow::Int64Array&>(column).Value(row));
      return;
    case arrow::Type::FLOAT: {
      const float value = static_cast<const arrow::FloatArray&>(column).Value(row);
      return field.factor == 1 ? AppendReal(out, value) : AppendReal(out, UndoFactor(value, field.factor, true));
    }
    case arrow::Type::DOUBLE: {
      const double value = static_cast<const arrow::DoubleArray&>(column).Value(row);
      const bool single = field.type.id == TypeId::kFloat;  // the column is wider than the field
      if (field.factor != 1) return AppendReal(out, UndoFactor(value, field.factor, single));
      return single ? AppendReal(out, float(value)) : AppendReal(out, value);
    }
    case arrow::Type::DATE32: {
      const int64_t day = static_cast<const arrow::Date32Array&>(column).Value(row);
      return AppendJsonString(out, FormatTimestampMicros(day * kMicrosPerDay).substr(0, 10));
    }
    case arrow::Type::TIMESTAMP: {
      const bool nanos = static_cast<const arrow::TimestampType&>(*column.type()).unit() == arrow::TimeUnit::NANO;
      const int64_t value = static_cast<const arrow::TimestampArray&>(column).Value(row);
      return AppendTime(out, field, value, nanos ? 1'000'000'000 : 1'000'000);
    }
    case arrow::Type::FIXED_SIZE_BINARY:
      return AppendJsonString(out, UuidText(static_cast<const arrow::FixedSizeBinaryArray&>(column).GetView(row)));
    default:
      return AppendJsonString(out, static_cast<const arrow::StringArray&>(column).GetView(row));
  }
}

/// The default as AppendValue writes it for a field without a factor.
std::string DefaultText(const FieldSpec& field) {
  const auto json = nlohmann::json::parse(field.default_json, nullptr, false);
  std::string text;
  if (json.is_string()) {
    text = json.get<std::string>();
    if (uint8_t uuid[kUuidBytes]; field.type.id == TypeId::kUuid && ParseUuid(text, uuid))
      text = UuidText({reinterpret_cast<const char*>(uuid), sizeof uuid});
    return JsonQuote(text);
  }
  if (!json.is_number()) return json.dump();
  if (field.type.id == TypeId::kFloat)
    AppendReal(text, float(json.get<double>()));
  else if (field.type.id == TypeId::kDouble)
    AppendReal(text, json.get<double>());
  else
    text = fmt::format("{}", json.is_number_float() ? int64_t(json.get<double>()) : json.get<int64_t>());
  return text;
}

}  // namespace

std::string_view OwnKey(const FieldSpec& field) {
  for (const pipeline::Path& path : field.from)
    if (path.size() == 1) return path[0].key;
  return {};
}

struct RecordText::Member {
  FieldSpec field, plain;               // plain: without a factor
  std::string key;                      // in quotes, with its colon
  size_t number = 0;                    // of the key; fields may share one
  bool quoted = false;                  // numbers and booleans are written in quotes
  std::string default_text;             // empty without a default
  std::vector<pipeline::Path> earlier;  // paths with several steps that come before the own key
  std::shared_ptr<arrow::Array> column;
};

struct RecordText::Parser {
  simdjson::dom::parser parser;
};

RecordText::RecordText(Options options) : parser_(std::make_unique<Parser>()) {
  // Of fields that share a member, the one whose column is closest to the record is written.
  const auto rank = [](const FieldSpec& field) {
    return field.type.id == TypeId::kString ? 0 : field.factor == 1 && field.type.id != TypeId::kFloat ? 1 : 2;
  };
  std::ranges::stable_sort(options.fields, {}, rank);
  std::map<std::string, size_t> numbers;
  for (FieldSpec& field : options.fields) {
    const std::string key(OwnKey(field));
    if (std::ranges::none_of(field.from, [](const auto& path) { return path.size() == 1; })) continue;
    Member member{.key = JsonQuote(key) + ":", .number = numbers.try_emplace(key, numbers.size()).first->second};
    const bool quotable = std::ranges::find(options.quoted_keys, key) != options.quoted_keys.end();
    member.quoted = field.coerce && (options.all_quoted || quotable);
    if (!field.default_json.empty()) member.default_text = DefaultText(field);
    for (const pipeline::Path& path : field.from) {
      if (path.size() == 1) break;
      member.earlier.push_back(path);
    }
    member.field = member.plain = std::move(field);
    member.plain.factor = 1;
    members_.push_back(std::move(member));
  }
  written_.resize(numbers.size(), -1);
  parser_->parser.number_as_string(true);
}

RecordText::~RecordText() = default;
RecordText::RecordText(RecordText&&) noexcept = default;

Status RecordText::Begin(const arrow::RecordBatch& rows) {
  for (Member& member : members_) {
    member.column = rows.GetColumnByName(member.field.name);
    if (member.column && !IsColumnOfField(*member.column->type()))
      return Fail(ErrorKind::kUnsupported, "column " + member.field.name + ": values of type " +
                                               member.column->type()->ToString() + " cannot be read as records");
  }
  extra_ = std::dynamic_pointer_cast<const arrow::StringArray>(rows.GetColumnByName("_extra"));
  return {};
}

/// Whether an earlier path of the field leads to a value in _extra.
bool RecordText::HasEarlier(const Member& member, std::string_view extra) {
  if (member.earlier.empty() || extra.empty()) return false;
  simdjson::dom::element root, found;
  if (parser_->parser.parse(extra.data(), extra.size()).get(root)) return false;
  return std::ranges::any_of(member.earlier, [&](const pipeline::Path& path) {
    return !Walk(root, path, [](size_t) {}).get(found) && !found.is_null();
  });
}

void RecordText::Append(std::string& out, int64_t row) {
  ++record_;
  const size_t begin = out.size();
  std::string_view extra;
  if (extra_ && extra_->IsValid(row)) extra = extra_->GetView(row);
  const bool object = extra.starts_with('{') && extra.ends_with('}');
  out += object ? extra.substr(0, extra.size() - 1) : "{";
  if (!object && !extra.empty()) {  // another engine wrote it
    out += "\"_extra\":";
    AppendJsonString(out, extra);
  }
  for (const Member& member : members_) {
    if (!member.column || member.column->IsNull(row) || written_[member.number] == record_) continue;
    if (HasEarlier(member, extra)) continue;
    if (!member.default_text.empty()) {
      scratch_.clear();
      AppendValue(scratch_, member.plain, *member.column, row);
      if (scratch_ == member.default_text) continue;
    }
    if (out.size() > begin + 1) out += ',';
    out += member.key;
    const size_t value_at = out.size();
    AppendValue(out, member.field, *member.column, row);
    if (member.quoted && out[value_at] != '"') {
      out.insert(value_at, 1, '"');
      out += '"';
    }
    written_[member.number] = record_;
  }
  out += '}';
}

}  // namespace ingot::bronze
