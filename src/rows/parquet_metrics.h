// The metrics of a manifest entry, computed from a Parquet footer.
#pragma once

#include <memory>

#include "iceberg/manifest.h"

namespace parquet {
class FileMetaData;
}

namespace ingot::rows {

/// Sets counts, sizes, split offsets and bounds of `file`. Bounds of text and bytes are truncated to 16 characters, the
/// upper bound rounded up.
Status FillMetrics(const parquet::FileMetaData& footer, const iceberg::Schema& schema, iceberg::DataFile& file);

/// An upper bound of `text` with at most `count` code points; nothing if there is none.
std::optional<std::string> TruncateUpperText(const std::string& text, size_t count);
std::optional<std::string> TruncateUpperBytes(const std::string& bytes, size_t count);

}  // namespace ingot::rows
