// Repairs Parquet footers that Arrow's reader rejects although the files are valid.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot::parquet_format {

/// The footer without what Arrow rejects and no reader needs: the logical type "null" that parquet-mr 1.10 (Hive,
/// Impala) sets on the groups of maps in addition to the right converted type. Returns nullopt when there is nothing to
/// remove.
std::optional<std::string> RepairedFooter(std::string_view footer);

/// Whether the footer is a complete Thrift structure. If so, a reader that rejects it lacks a feature that it uses.
bool IsWholeFooter(std::string_view footer);

}  // namespace ingot::parquet_format
