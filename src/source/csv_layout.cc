#include "source/csv_layout.h"

#include "base/json.h"

namespace ingot::source {
namespace {

/// The encoding as the pipeline file names it.
std::string_view WordOf(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kUtf8:
      return "utf-8";
    case TextEncoding::kLatin1:
      return "latin-1";
    case TextEncoding::kWindows1252:
      return "windows-1252";
    case TextEncoding::kUtf16Le:
      return "utf-16le";
    case TextEncoding::kUtf16Be:
      return "utf-16be";
  }
  return "";
}

}  // namespace

std::string CsvLayout(const CsvOptions& options, const std::vector<std::string>& names, TextEncoding encoding) {
  const auto text = [](char character) { return character == 0 ? std::string() : std::string(1, character); };
  return Json{{"columns", names},
              {"delimiter", text(options.delimiter)},
              {"quote", text(options.quote)},
              {"multiline", options.multiline},
              {"encoding", WordOf(encoding)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<CsvOptions> ParseCsvLayout(const std::string& layout) {
  auto parsed = ParseJsonWith(layout, [](const Json& json) {
    const auto character = [&](const char* key) {
      const auto text = Get<std::string>(json, key);
      if (text.size() > 1) ThrowJsonProblem(fmt::format("'{}' must be one character", key));
      return text.empty() ? '\0' : text[0];
    };
    CsvOptions options{.delimiter = character("delimiter"),
                       .quote = character("quote"),
                       .multiline = Get<bool>(json, "multiline"),
                       .encoding = Get<std::string>(json, "encoding"),
                       .names = {},
                       .fields = {}};
    for (const Json& name : RequiredMember(json, "columns")) options.names.push_back(As<std::string>(name, "columns"));
    return options;
  });
  if (!parsed) return Fail(ErrorKind::kCorrupt, "the layout of CSV rows: " + parsed.error().message);
  return parsed;
}

}  // namespace ingot::source
