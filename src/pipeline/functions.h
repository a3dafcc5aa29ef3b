// The functions of pipeline expressions: how they are written, what they give, and their form in each engine.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot::pipeline {

struct Function {
  enum class Gives { kLong, kDouble, kInt, kDate, kText, kArgument };
  std::string_view name;
  size_t arguments_min, arguments_max;
  bool aggregate;
  Gives gives;
  std::string_view usage;
  // Templates with {0}, {1} for the arguments.
  std::string_view embedded, spark, trino;
  int version = 1;  // of its meaning: raised when the same arguments give another value (definition.h)
};

/// nullptr when there is none of that name (lower case).
const Function* FindFunction(std::string_view name);
std::span<const std::string> FunctionNames();

}  // namespace ingot::pipeline
