// What a Parquet footer says of a file, as the metrics of a manifest entry.
// Source: Iceberg specification, "Data File Fields", Appendix D; table properties write.metadata.metrics.*.
#pragma once

#include <memory>

#include "iceberg/manifest.h"

namespace parquet {
class FileMetaData;
}

namespace ingot::rows {

/// Fills counts, sizes, split offsets and bounds of `file`. Text and bytes are cut to 16 characters, the upper bound
/// rounded up.
Status FillMetrics(const parquet::FileMetaData& footer, const iceberg::Schema& schema, iceberg::DataFile& file);

/// The shortest text that begins with `text`'s first `count` code points and is not below `text`; nothing when there is
/// none.
std::optional<std::string> TruncateUpperText(const std::string& text, size_t count);
std::optional<std::string> TruncateUpperBytes(const std::string& bytes, size_t count);

}  // namespace ingot::rows
