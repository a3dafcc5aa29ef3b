// Reading JSON documents: accessors that throw a JsonProblem naming the wrong key. ParseJsonWith() and
// CatchJsonProblems() turn it into a Result; the exception never crosses a room.
#pragma once

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.h"

namespace ingot {

using Json = nlohmann::json;

struct JsonProblem {
  ErrorKind kind;
  std::string message;
};

[[noreturn]] inline void ThrowJsonProblem(std::string message) {
  throw JsonProblem{ErrorKind::kCorrupt, std::move(message)};
}

inline const Json& RequiredMember(const Json& object, const char* key) {
  if (!object.is_object()) ThrowJsonProblem(fmt::format("expected an object with '{}'", key));
  const auto found = object.find(key);
  if (found == object.end()) ThrowJsonProblem(fmt::format("missing '{}'", key));
  return *found;
}

template <typename T>
T As(const Json& value, const char* key) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) ThrowJsonProblem(fmt::format("'{}' must be true or false", key));
  } else if constexpr (std::is_integral_v<T>) {
    if (!value.is_number_integer()) ThrowJsonProblem(fmt::format("'{}' must be a whole number", key));
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) ThrowJsonProblem(fmt::format("'{}' must be a string", key));
  }
  return value.get<T>();
}

template <typename T>
T Get(const Json& object, const char* key) {
  return As<T>(RequiredMember(object, key), key);
}

template <typename T>
std::optional<T> OptionalMember(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return As<T>(*found, key);
}

/// The array under `key`, empty when absent or null. Throws when it is not an array.
inline Json ArrayOrEmpty(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return Json::array();
  if (!found->is_array()) ThrowJsonProblem(fmt::format("'{}' must be an array", key));
  return *found;
}

/// The object under `key`, whose values must be strings; empty when absent or null.
std::map<std::string, std::string> StringMap(const Json& object, const char* key);

/// The members of `json` whose keys are not in `known`, as the text of a JSON object; "" when there are none. Preserves
/// members unknown to this version: ParseMembers restores them when the document is written again.
std::string UnknownMembers(const Json& json, std::initializer_list<std::string_view> known);
/// The object of `other`, which UnknownMembers returned.
inline Json ParseMembers(const std::string& other) {
  return other.empty() ? Json::object() : Json::parse(other);
}

/// Runs `parse` and returns a thrown JsonProblem as an error.
template <typename Parse>
auto CatchJsonProblems(const Parse& parse) -> Result<decltype(parse())> {
  try {
    return parse();
  } catch (const JsonProblem& problem) {
    return Fail(problem.kind, problem.message);
  } catch (const Json::exception& problem) {
    return Fail(ErrorKind::kCorrupt, std::string("JSON: ") + problem.what());
  }
}

/// Runs `parse` on the document in `text`. Errors: kCorrupt when `text` is not JSON; what `parse` throws.
template <typename Parse>
auto ParseJsonWith(std::string_view text, const Parse& parse) {
  return CatchJsonProblems([&] { return parse(Json::parse(text)); });
}

}  // namespace ingot
