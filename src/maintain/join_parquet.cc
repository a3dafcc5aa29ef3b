#include "maintain/join_parquet.h"

#include <algorithm>
#include <set>

#include "iceberg/commit.h"
#include "iceberg/filter.h"
#include "parquet/join.h"
#include "rows/parquet_footer.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::FieldId;
using parquet_format::JoinPart;

/// The sums of counts; columns without a count in one of the files are left out.
iceberg::FieldMap<int64_t> Sum(const std::vector<DataFile>& files, iceberg::FieldMap<int64_t> DataFile::* counts) {
  iceberg::FieldMap<int64_t> sums = files[0].*counts;
  for (size_t i = 1; i < files.size(); ++i) {
    iceberg::FieldMap<int64_t> both;
    for (const auto& [id, sum] : sums)
      if (const auto more = (files[i].*counts).find(id); more != (files[i].*counts).end())
        both[id] = sum + more->second;
    sums = std::move(both);
  }
  return sums;
}

bool OnlyNulls(const DataFile& file, FieldId id) {
  const auto values = file.value_counts.find(id), nulls = file.null_counts.find(id);
  return values != file.value_counts.end() && nulls != file.null_counts.end() && values->second == nulls->second;
}

/// Bounds in another order would look valid once combined with those of other files.
bool AreBoundsInOrder(const DataFile& file, const iceberg::Field& field) {
  const auto lower = file.lower_bounds.find(field.id), upper = file.upper_bounds.find(field.id);
  if (lower == file.lower_bounds.end() || upper == file.upper_bounds.end()) return true;
  const auto low = iceberg::DeserializeValue(lower->second, field.type),
             high = iceberg::DeserializeValue(upper->second, field.type);
  return low && high && iceberg::AreBoundsOrdered(*low, *high);
}

/// The lowest or highest bounds; columns without a bound in a file that has values are left out.
iceberg::FieldMap<std::string> ExtremeBounds(const std::vector<DataFile>& files, const iceberg::Schema& schema,
                                             iceberg::FieldMap<std::string> DataFile::* bounds, int direction) {
  std::set<FieldId> ids;
  for (const DataFile& file : files)
    for (const auto& [id, bound] : file.*bounds) ids.insert(id);
  iceberg::FieldMap<std::string> outermost;
  for (const FieldId id : ids) {
    const iceberg::Field* field = schema.FindById(id);
    std::optional<std::string> bound;
    std::optional<iceberg::Value> best;
    bool known = field != nullptr && !field->type.IsNested();
    for (const DataFile& file : files) {
      known = known && AreBoundsInOrder(file, *field);
      const auto found = (file.*bounds).find(id);
      if (found == (file.*bounds).end()) {
        known = known && OnlyNulls(file, id);
        continue;
      }
      const auto value = known ? iceberg::DeserializeValue(found->second, field->type) : Result<iceberg::Value>();
      if (!known || !value) {
        known = false;
        break;
      }
      if (!best || direction * iceberg::CompareValues(*value, *best) > 0) best = *value, bound = found->second;
    }
    if (known && bound) outermost[id] = *bound;
  }
  return outermost;
}

DataFile Joined(const std::vector<DataFile>& files, const iceberg::Schema& schema) {
  DataFile joined;
  joined.spec_id = files[0].spec_id;
  joined.partition = files[0].partition;
  joined.sort_order_id = 0;
  for (const DataFile& file : files) joined.record_count += file.record_count;
  joined.column_bytes = Sum(files, &DataFile::column_bytes);
  joined.value_counts = Sum(files, &DataFile::value_counts);
  joined.null_counts = Sum(files, &DataFile::null_counts);
  joined.nan_counts = Sum(files, &DataFile::nan_counts);
  joined.lower_bounds = ExtremeBounds(files, schema, &DataFile::lower_bounds, -1);
  joined.upper_bounds = ExtremeBounds(files, schema, &DataFile::upper_bounds, 1);
  return joined;
}

Result<int64_t> Write(storage::Storage& storage, const std::string& location, const std::vector<JoinPart>& parts,
                      const parquet_format::JoinedFooter& joined) {
  INGOT_ASSIGN(const auto out, storage.OpenOutput(location));
  return parquet_format::WriteJoined(parts, joined, *out);
}

}  // namespace

Result<std::optional<DataFile>> JoinParquet(storage::Storage& storage, const std::vector<DataFile>& files,
                                            const iceberg::Schema& schema, const std::string& location,
                                            const JoinOptions& options) {
  std::vector<JoinPart> parts;
  size_t groups = 0;
  int64_t bytes = 0;
  for (const DataFile& file : files) {
    if (file.spec_id != files[0].spec_id || PartitionKey(file) != PartitionKey(files[0])) return std::nullopt;
    if (file.format != "PARQUET") return std::nullopt;
    INGOT_ASSIGN(const auto input, storage.OpenInput(file.location));
    auto part = parquet_format::OpenJoinPart(input);
    if (!part && part.error().kind == ErrorKind::kUnsupported) return std::nullopt;
    if (!part && part.error().kind == ErrorKind::kCorrupt)
      return std::unexpected(rows::UnreadableFile(*input, file.location, part.error()));
    if (!part) return std::unexpected(std::move(part).error());
    groups += part->row_groups;
    bytes += file.file_bytes;
    parts.push_back(std::move(*part));
  }
  if (files.empty() || groups == 0 || bytes / int64_t(groups) < options.group_bytes_min) return std::nullopt;
  DataFile joined = Joined(files, schema);
  auto footer = parquet_format::JoinFooters(parts);
  if (!footer || footer->rows != joined.record_count) return std::nullopt;
  const auto written = Write(storage, location, parts, *footer);
  if (!written) {
    iceberg::Discard(storage, {location});
    return std::unexpected(written.error());
  }
  joined.split_offsets = std::move(footer->row_group_offsets);
  joined.location = location;
  joined.file_bytes = *written;
  return joined;
}

}  // namespace ingot::maintain
