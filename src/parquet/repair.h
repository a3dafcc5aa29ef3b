// Footers of Parquet files that Arrow's reader refuses although the files are not damaged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot::parquet_format {

/// The footer without what Arrow refuses and nobody needs: the logical type "null" that parquet-mr 1.10 (Hive, Impala)
/// puts on the groups of maps, beside a converted type that says what they are. Nothing where there is none of it.
std::optional<std::string> RepairedFooter(std::string_view footer);

/// Whether the footer is a whole Thrift structure: a reader that refuses it does not know something that is in it.
bool IsWholeFooter(std::string_view footer);

}  // namespace ingot::parquet_format
