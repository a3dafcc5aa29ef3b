#include "stage/warning.h"

#include <fmt/format.h>

#include "base/json_text.h"

namespace ingot::stage {

std::string_view WarningName(WarningKind kind) {
  switch (kind) {
    case WarningKind::kNoInputFiles:
      return "no_input_files";
    case WarningKind::kUnknownHeader:
      return "unknown_header";
    case WarningKind::kMissingColumn:
      return "missing_column";
    case WarningKind::kEveryRecordRefused:
      return "every_record_refused";
    case WarningKind::kFieldNeverOccurs:
      return "field_never_occurs";
    case WarningKind::kFieldAlwaysNull:
      return "field_always_null";
    case WarningKind::kRefusalShare:
      return "refusal_share";
    case WarningKind::kNullShare:
      return "null_share";
  }
  return "";
}

std::string Warning::ToJson() const {
  return fmt::format(R"({{"code":{},"table":{},"field":{},"message":{},"rows_checked":{},"rows_found":{}}})",
                     JsonQuote(WarningName(kind)), JsonQuote(table), JsonQuote(field), JsonQuote(message), rows_checked,
                     rows_found);
}

}  // namespace ingot::stage
