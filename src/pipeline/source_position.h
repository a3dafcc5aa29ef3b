// Where a record came from: the columns of bronze, silver and quarantine that say it, and the names that tables and
// pipeline files of earlier versions have for them (docs/decisions/0005-reserved-names.md).
#pragma once

#include <string>

namespace ingot::pipeline {

inline constexpr const char* kSource = "_source";  // the topic, or the URI of the file
inline constexpr const char* kSourcePartition = "_source_partition";
inline constexpr const char* kSourceOffset = "_source_offset";
inline constexpr const char* kPositionSql = "_source, _source_partition, _source_offset";

struct RenamedColumn {
  const char* before;
  const char* now;
};
inline constexpr RenamedColumn kRenamedColumns[] = {
    {"_topic", kSource}, {"_partition", kSourcePartition}, {"_offset", kSourceOffset}};

/// What a column is called now: `_source` for `_topic`; any other name as it is.
std::string CurrentColumnName(const std::string& name);

/// The same for the key of a table property that ends with a column, such as `write.metadata.metrics.column._topic`.
std::string CurrentPropertyName(const std::string& key);

}  // namespace ingot::pipeline
