// The kinds of sources by URI scheme, one line each.
#include <algorithm>

#include "source/files.h"
#include "source/kafka.h"

// A line with a missing field does not compile.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace ingot::source {
namespace {

struct Kind {
  std::string_view scheme;  // empty: the address is a path
  Result<std::unique_ptr<Source>> (*open)(const std::string& uri, const SourceOptions& options);
};

constexpr Kind kKinds[] = {
    {"kafka://", OpenKafka},
    {"file://", OpenFiles},
    {"", OpenFiles},
};

}  // namespace

Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const SourceOptions& options) {
  return std::ranges::find_if(kKinds, [&](const Kind& kind) { return uri.starts_with(kind.scheme); })
      ->open(uri, options);
}

}  // namespace ingot::source
