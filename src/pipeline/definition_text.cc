#include "pipeline/definition_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/clock.h"
#include "base/rfc3339.h"
#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;

/// How tightly an operator binds. An operand that binds less tightly needs parentheses.
enum Binding { kOr = 1, kAnd, kNot, kComparison, kSum, kProduct, kPrimary };

Binding BindingOf(const Json& expression) {
  const auto kind = expression.at("kind").get<std::string>(), text = expression.value("text", "");
  if (kind == "unary") return text == "not" ? kNot : kPrimary;
  if (kind == "between" || kind == "in" || kind == "is_null") return kComparison;
  if (kind != "binary") return kPrimary;
  static const std::map<std::string, Binding> bindings{{"or", kOr},  {"and", kAnd},   {"+", kSum},     {"-", kSum},
                                                       {"||", kSum}, {"*", kProduct}, {"/", kProduct}, {"%", kProduct}};
  const auto found = bindings.find(text);
  return found == bindings.end() ? kComparison : found->second;
}

std::string Operand(const Json& expression, int needed) {
  const std::string text = ExpressionText(expression);
  return BindingOf(expression) < needed ? "(" + text + ")" : text;
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && !std::isdigit(uint8_t(name[0])) &&
         std::ranges::all_of(name, [](char c) { return std::isalnum(uint8_t(c)) || c == '_'; });
}

std::string Quoted(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out += c == quote ? std::string(2, quote) : std::string(1, c);
  return out + quote;
}

/// A day, or a time inside of a day.
std::string TimeText(int64_t micros) {
  const std::string text = FormatTimestampMicros(micros);
  return micros % kMicrosPerDay == 0 ? text.substr(0, text.find('T')) : text;
}

std::string CaseText(const std::vector<std::string>& arguments) {
  std::string text = "case";
  size_t i = 0;
  for (; i + 1 < arguments.size(); i += 2) text += " when " + arguments[i] + " then " + arguments[i + 1];
  if (i < arguments.size()) text += " else " + arguments[i];
  return text + " end";
}

}  // namespace

std::string ExpressionText(const Json& expression) {
  const auto kind = expression.at("kind").get<std::string>(), text = expression.value("text", "");
  const Json arguments = expression.value("arguments", Json::array());
  const std::string negation = expression.value("negated", false) ? "not " : "";
  std::vector<std::string> texts;
  for (const Json& argument : arguments) texts.push_back(ExpressionText(argument));
  if (kind == "column") return IsPlainName(text) ? text : Quoted(text, '"');
  if (kind == "text") return Quoted(text, '\'');
  if (kind == "null") return "null";
  if (kind == "star") return "*";
  if (kind == "unary")
    return text == "not" ? "not " + Operand(arguments.at(0), kNot) : text + Operand(arguments.at(0), kPrimary);
  if (kind == "binary") {
    const Binding binding = BindingOf(expression);
    const int left = binding == kComparison ? kSum : binding, right = binding == kComparison ? kSum : binding + 1;
    return Operand(arguments.at(0), left) + " " + text + " " + Operand(arguments.at(1), right);
  }
  if (kind == "between")
    return fmt::format("{} {}between {} and {}", Operand(arguments.at(0), kSum), negation,
                       Operand(arguments.at(1), kSum), Operand(arguments.at(2), kSum));
  if (kind == "is_null") return fmt::format("{} is {}null", Operand(arguments.at(0), kSum), negation);
  if (kind == "in") {
    const std::string value = Operand(arguments.at(0), kSum);
    texts.erase(texts.begin());
    return fmt::format("{} {}in ({})", value, negation, fmt::join(texts, ", "));
  }
  if (kind == "case") return CaseText(texts);
  if (kind == "call")
    return fmt::format("{}({}{})", text, expression.value("distinct", false) ? "distinct " : "",
                       fmt::join(texts, ", "));
  return text;  // a number or a boolean
}

std::string PathText(const Json& path) {
  std::string text = "$";
  for (const Json& step : path) {
    if (step.is_number())
      text += fmt::format("[{}]", step.get<int>());
    else if (const auto key = step.get<std::string>(); !key.empty() && key.find_first_of(".['\"") == std::string::npos)
      text += "." + key;
    else
      text += "['" + key + "']";
  }
  return text;
}

std::string ListText(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& item : list) texts.push_back(item.is_array() ? PathText(item) : item.get<std::string>());
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string RangeText(const Json& field) {
  const int64_t min = field.value("time_min", kTimeMinMicros), max = field.value("time_max", kTimeMaxMicros);
  std::string latest = TimeText(max);
  if (field.contains("time_max_after_now")) {
    const auto micros = field.at("time_max_after_now").get<int64_t>();
    latest = "now";
    if (micros % kMicrosPerHour != 0)
      latest += fmt::format("+{}s", double(micros) / kMicrosPerSecond);
    else if (micros != 0)
      latest += micros % kMicrosPerDay == 0 ? fmt::format("+{}d", micros / kMicrosPerDay)
                                            : fmt::format("+{}h", micros / kMicrosPerHour);
  }
  return fmt::format("[{}, {}]", TimeText(min), latest);
}

std::string CheckText(const Json& rule) {
  const auto kind = rule.at("kind").get<std::string>();
  if (kind == "check") return ExpressionText(rule.at("check"));
  return kind + " " + ListText(rule.value("fields", Json::array()));
}

}  // namespace ingot::pipeline
