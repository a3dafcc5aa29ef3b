// Headers that nearly every source includes and that are slow to parse.
#pragma once
#include <arrow/api.h>
#include <fmt/format.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>
