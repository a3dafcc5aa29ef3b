// Something unusual that a run saw: what it is, the likeliest cause, and what to do. A warning never changes the
// outcome of a run. docs/operations.md lists the kinds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::stage {

enum class WarningKind {
  kNoInputFiles,   // the folder has no file with a known name
  kUnknownHeader,  // the header of a file has no declared field
  kMissingColumn,  // the header of a file lacks a declared field
  kEveryRecordRefused,
  kFieldNeverOccurs,  // no record has the member
  kFieldAlwaysNull,   // records have the member, but without a value that fits
  kRefusalShare,      // far from that of the last runs
  kNullShare,         // far from that of the last runs
};
inline constexpr WarningKind kWarningKinds[] = {WarningKind::kNoInputFiles,     WarningKind::kUnknownHeader,
                                                WarningKind::kMissingColumn,    WarningKind::kEveryRecordRefused,
                                                WarningKind::kFieldNeverOccurs, WarningKind::kFieldAlwaysNull,
                                                WarningKind::kRefusalShare,     WarningKind::kNullShare};

/// The name in JSON, in metrics and in ops.quality, e.g. "field_never_occurs".
std::string_view WarningName(WarningKind kind);

struct Warning {
  WarningKind kind = WarningKind::kNoInputFiles;
  std::string table;
  std::string field;  // or the column of the input, or the rule that it is about; empty: none
  std::string message;
  int64_t rows_checked = 0;
  int64_t rows_found = 0;  // the part of rows_checked that is unusual

  /// Whether both are about the same thing, whatever the counts.
  bool IsAbout(const Warning& other) const {
    return kind == other.kind && table == other.table && field == other.field;
  }
  /// {"code", "table", "field", "message", "rows_checked", "rows_found"}
  std::string ToJson() const;
};

}  // namespace ingot::stage
