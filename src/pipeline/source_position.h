// The source position of a record: its columns in bronze, silver and quarantine, and the earlier names of these columns
// in tables and pipeline files of earlier versions (docs/decisions/0005-reserved-names.md).
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

/// The current name of a column: `_source` for `_topic`. Returns any other name unchanged.
std::string CurrentColumnName(const std::string& name);

/// The same for the key of a table property that ends with a column name, such as
/// `write.metadata.metrics.column._topic`.
std::string CurrentPropertyName(const std::string& key);

}  // namespace ingot::pipeline
