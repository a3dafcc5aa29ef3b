#include "query/filter.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "base/clock.h"
#include "base/lower_case.h"
#include "pipeline/prune.h"

namespace ingot::query {
namespace {

using iceberg::Filter;
using iceberg::FilterOp;
using iceberg::TypeId;

constexpr int kDepthMax = 50;
constexpr std::string_view kCastBegin = "CAST(", kCastToDateEnd = " AS DATE)";

/// The number of open parentheses after each character; -1 inside quotes. A doubled quote closes and reopens them.
std::vector<int> DepthsOf(std::string_view text) {
  std::vector<int> depths;
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      depths.push_back(-1);
      quote = 0;
      continue;
    }
    if (quote == 0) depth += (c == '(') - (c == ')');
    depths.push_back(quote == 0 ? depth : -1);
  }
  return depths;
}

/// Whether the first and the last character are a matching pair of parentheses.
bool IsInParentheses(std::string_view text) {
  const auto depths = DepthsOf(text);
  return text.starts_with('(') && size_t(std::ranges::find(depths, 0) - depths.begin()) + 1 == text.size();
}

/// Splits at each `word` outside of parentheses and quotes.
std::vector<std::string_view> SplitBy(std::string_view text, std::string_view word) {
  std::vector<std::string_view> parts;
  const auto depths = DepthsOf(text);
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (depths[at] != 0 || text.substr(at, word.size()) != word) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + word.size();
    at = begin - 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// Removes the casts of literals: '2026-01-31'::DATE becomes '2026-01-31', which is parsed by the column's type.
std::string WithoutTypes(std::string_view text) {
  static constexpr std::string_view kTypes[] = {
      "::TIMESTAMP WITH TIME ZONE", "::TIMESTAMP_NS", "::TIMESTAMP", "::DATE", "::TIME", "::UUID"};
  std::string plain;
  const auto depths = DepthsOf(text);
  for (size_t at = 0; at < text.size();) {
    const auto type = std::ranges::find_if(
        kTypes, [&](std::string_view name) { return depths[at] >= 0 && text.substr(at).starts_with(name); });
    if (type == std::end(kTypes))
      plain += text[at++];
    else
      at += type->size();
  }
  return plain;
}

/// Converts a filter on the date of a timestamp (UTC) to one on the timestamp itself.
Filter OnTimestamps(Filter dates) {
  for (Filter& child : dates.children) child = OnTimestamps(std::move(child));
  if (dates.values.empty()) return dates;
  if (dates.values.size() > 1) return {};
  const auto start = [&](int64_t more) {
    return iceberg::Value((int64_t(std::get<int32_t>(dates.values[0])) + more) * kMicrosPerDay);
  };
  switch (dates.op) {
    case FilterOp::kEqual:
      return iceberg::And({Compare(dates.column, FilterOp::kGreaterOrEqual, start(0)),
                           Compare(dates.column, FilterOp::kLess, start(1))});
    case FilterOp::kLess:
    case FilterOp::kGreaterOrEqual:
      return Compare(dates.column, dates.op, start(0));
    case FilterOp::kLessOrEqual:
      return Compare(dates.column, FilterOp::kLess, start(1));
    case FilterOp::kGreater:
      return Compare(dates.column, FilterOp::kGreaterOrEqual, start(1));
    case FilterOp::kTrue:
    case FilterOp::kAnd:
    case FilterOp::kOr:
    case FilterOp::kNotEqual:
    case FilterOp::kIn:
    case FilterOp::kIsNull:
    case FilterOp::kNotNull:
      break;
  }
  return {};
}

class ConditionReader {
 public:
  explicit ConditionReader(const iceberg::Schema& schema) {
    std::set<std::string> names;
    for (const iceberg::Field& field : schema.fields) {
      // Plans write names without quotes, and DuckDB ignores case: names that need quotes or differ only in case are
      // ambiguous.
      const std::string lower = LowerCase(field.name);
      unambiguous_ =
          unambiguous_ && names.insert(lower).second && std::ranges::all_of(lower, [](char c) {
            return std::isalnum(uint8_t(c)) || uint8_t(c) >= 0x80 || std::string_view("_.-$:@#/").contains(c);
          });
      if (!field.type.IsNested()) types_[field.name] = field.type;
      if (field.type.id == TypeId::kTimestamp || field.type.id == TypeId::kTimestamptz)
        date_types_[field.name] = {.id = TypeId::kDate};
    }
  }

  Filter Read(std::string_view text, int depth = 0) const {
    if (!unambiguous_ || depth > kDepthMax || !IsInParentheses(text)) return {};
    text = text.substr(1, text.size() - 2);
    if (SplitBy(text, " BETWEEN ").size() > 1) return Comparison(text);
    const auto all = SplitBy(text, " AND "), any = SplitBy(text, " OR ");
    std::vector<Filter> children;
    for (const std::string_view part : all.size() > 1 ? all : any) children.push_back(Read(part, depth + 1));
    if (all.size() > 1) return iceberg::And(std::move(children));
    if (any.size() == 1) return Comparison(text);
    if (std::ranges::count(children, FilterOp::kTrue, &Filter::op) > 0) return {};
    return iceberg::Or(std::move(children));
  }

 private:
  /// Parses a comparison of a column, or of CAST(column AS DATE), with literals.
  Filter Comparison(std::string_view text) const {
    std::string plain = WithoutTypes(text);
    const size_t end = plain.find(kCastToDateEnd);
    const bool of_date = plain.starts_with(kCastBegin) && end != std::string::npos;
    if (of_date)
      plain = plain.substr(kCastBegin.size(), end - kCastBegin.size()) + plain.substr(end + kCastToDateEnd.size());
    const auto parsed = pipeline::ParseExpression(plain);
    if (!parsed) return {};
    Filter filter = pipeline::FilterOf(*parsed, of_date ? date_types_ : types_);
    return of_date ? OnTimestamps(std::move(filter)) : filter;
  }

  bool unambiguous_ = true;
  pipeline::ColumnTypes types_, date_types_;
};

}  // namespace

Filter FilterOf(const std::vector<std::string>& conditions, const iceberg::Schema& schema) {
  const ConditionReader reader(schema);
  std::vector<Filter> any;
  for (const std::string& condition : conditions) any.push_back(reader.Read(condition));
  if (any.empty() || std::ranges::count(any, FilterOp::kTrue, &Filter::op) > 0) return {};
  return any.size() == 1 ? std::move(any[0]) : iceberg::Or(std::move(any));
}

}  // namespace ingot::query
