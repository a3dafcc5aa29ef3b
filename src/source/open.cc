// The kinds of sources by URI scheme, one line each.
#include <algorithm>

#include "source/files.h"
#include "source/kafka.h"

// A line with a missing field does not compile.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace ingot::source {
namespace {

struct Kind {
  std::string_view scheme;  // empty: the URI is a path
  std::string_view form;    // form of its URI, for help; empty for another form of the next kind
  Result<std::unique_ptr<Source>> (*open)(const std::string& uri, const SourceOptions& options);
};

constexpr Kind kKinds[] = {
    {"kafka://", "kafka://host:port/topic", OpenKafka},
    {"file://", "", OpenFiles},
    {"", "or a file or directory", OpenFiles},
};

}  // namespace

std::string SourceForms() {
  std::string forms;
  for (const Kind& kind : kKinds)
    if (!kind.form.empty()) forms += (forms.empty() ? "" : ", ") + std::string(kind.form);
  return forms;
}

Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const SourceOptions& options) {
  const bool known = std::ranges::any_of(
      kKinds, [&](const Kind& kind) { return !kind.scheme.empty() && uri.starts_with(kind.scheme); });
  if (!known && uri.find("://") != std::string::npos)
    return Fail(ErrorKind::kBadConfig,
                "not a source: '" + uri + "' (write kafka://host:port/topic, a path or file:///path)");
  return std::ranges::find_if(kKinds, [&](const Kind& kind) { return uri.starts_with(kind.scheme); })
      ->open(uri, options);
}

}  // namespace ingot::source
