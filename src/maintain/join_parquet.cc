#include "maintain/join_parquet.h"

#include <arrow/buffer.h>

#include <algorithm>
#include <set>

#include "base/arrow_result.h"
#include "iceberg/filter.h"
#include "parquet/seal.h"
#include "parquet/thrift_compact.h"
#include "rows/parquet_footer.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::FieldId;
using parquet_format::ReadThrift;
using parquet_format::ThriftField;
using parquet_format::ThriftValue;
using parquet_format::WriteThrift;

constexpr std::string_view kMagic = "PAR1";
constexpr int64_t kCopyBytes = 8 << 20;

// Fields of parquet.thrift.
namespace file_metadata {
constexpr int16_t kSchema = 2, kRows = 3, kRowGroups = 4, kColumnOrders = 7, kEncryption = 8;
}
namespace row_group {
constexpr int16_t kColumns = 1, kFileOffset = 5, kOrdinal = 7;
}
namespace column_chunk {
constexpr int16_t kFilePath = 1, kFileOffset = 2, kMetadata = 3, kOffsetIndex = 4, kColumnIndex = 6, kCrypto = 8;
}
namespace column_metadata {
constexpr int16_t kDataPage = 9, kIndexPage = 10, kDictionaryPage = 11, kBloomFilter = 14;
}

struct Footer {
  ThriftValue metadata;
  int64_t body_end = 0;  // offset of the footer
};

Result<Footer> ReadFooter(arrow::io::RandomAccessFile& file, const std::string& location) {
  const auto explained = [&](Error error) {
    return std::unexpected(error.kind == ErrorKind::kCorrupt ? rows::UnreadableFile(file, location, error)
                                                             : std::move(error));
  };
  auto text = parquet_format::ReadFooterBytes(file);
  if (!text) return explained(std::move(text).error());
  INGOT_ARROW_ASSIGN(const int64_t bytes, file.GetSize());
  Footer footer{.body_end = bytes - parquet_format::kParquetTailBytes - (*text)->size()};
  auto metadata = ReadThrift(std::string_view(**text));
  if (!metadata) return explained(std::move(metadata).error());
  footer.metadata = std::move(*metadata);
  return footer;
}

/// The serialized field, for comparison.
std::string Text(const ThriftValue& metadata, int16_t field) {
  const ThriftValue* value = metadata.Find(field);
  if (value == nullptr) return "";
  ThriftValue alone;
  alone.fields.push_back({field, *value});
  return WriteThrift(alone);
}

void Shift(ThriftValue& value, int16_t field, int64_t by) {
  // Some writers use 0 for an absent offset.
  if (ThriftValue* offset = value.Find(field); offset != nullptr && offset->number > 0) offset->number += by;
}

/// Adds `by` to all offsets of a row group; false if it has offsets that cannot be moved. `begin` receives its first
/// byte.
bool Move(ThriftValue& group, int64_t by, int64_t& begin) {
  ThriftValue* columns = group.Find(row_group::kColumns);
  if (columns == nullptr || columns->items.empty()) return false;
  begin = -1;
  for (ThriftValue& column : columns->items) {
    ThriftValue* metadata = column.Find(column_chunk::kMetadata);
    if (metadata == nullptr || column.Find(column_chunk::kFilePath) || column.Find(column_chunk::kCrypto)) return false;
    for (const int16_t field : {column_chunk::kFileOffset, column_chunk::kOffsetIndex, column_chunk::kColumnIndex})
      Shift(column, field, by);
    for (const int16_t field : {column_metadata::kDataPage, column_metadata::kIndexPage,
                                column_metadata::kDictionaryPage, column_metadata::kBloomFilter})
      Shift(*metadata, field, by);
    for (const int16_t field : {column_metadata::kDataPage, column_metadata::kDictionaryPage})
      if (const ThriftValue* offset = metadata->Find(field); offset != nullptr && offset->number > 0)
        begin = begin < 0 ? offset->number : std::min(begin, offset->number);
  }
  Shift(group, row_group::kFileOffset, by);
  return begin >= 0;
}

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
  return low && high && iceberg::AreInOrder(*low, *high);
}

/// The lowest or highest bounds; columns without a bound in a file that has values are left out.
iceberg::FieldMap<std::string> Outermost(const std::vector<DataFile>& files, const iceberg::Schema& schema,
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
  joined.lower_bounds = Outermost(files, schema, &DataFile::lower_bounds, -1);
  joined.upper_bounds = Outermost(files, schema, &DataFile::upper_bounds, 1);
  return joined;
}

struct Source {
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  Footer footer;
};

/// The combined footer and the start of each row group; nothing if the files cannot be joined.
std::optional<ThriftValue> JoinFooters(std::vector<Source>& sources, std::vector<int64_t>& starts) {
  ThriftValue whole = sources[0].footer.metadata;
  ThriftValue* groups = whole.Find(file_metadata::kRowGroups);
  ThriftValue* rows = whole.Find(file_metadata::kRows);
  if (groups == nullptr || rows == nullptr) return std::nullopt;
  groups->items.clear();
  rows->number = 0;
  int64_t at = int64_t(kMagic.size());
  for (Source& source : sources) {
    ThriftValue& metadata = source.footer.metadata;
    ThriftValue* own = metadata.Find(file_metadata::kRowGroups);
    const ThriftValue* own_rows = metadata.Find(file_metadata::kRows);
    if (own == nullptr || own_rows == nullptr || metadata.Find(file_metadata::kEncryption) ||
        Text(metadata, file_metadata::kSchema) != Text(whole, file_metadata::kSchema) ||
        Text(metadata, file_metadata::kColumnOrders) != Text(whole, file_metadata::kColumnOrders))
      return std::nullopt;
    for (ThriftValue& group : own->items) {
      int64_t begin = 0;
      if (!Move(group, at - int64_t(kMagic.size()), begin)) return std::nullopt;
      std::erase_if(group.fields, [](const ThriftField& field) { return field.id == row_group::kOrdinal; });
      starts.push_back(begin);
      groups->items.push_back(std::move(group));
    }
    rows->number += own_rows->number;
    at += source.footer.body_end - int64_t(kMagic.size());
  }
  return whole;
}

Status Copy(arrow::io::RandomAccessFile& from, int64_t begin, int64_t end, arrow::io::OutputStream& to) {
  for (int64_t at = begin; at < end; at += kCopyBytes) {
    INGOT_ARROW_ASSIGN(const auto bytes, from.ReadAt(at, std::min(kCopyBytes, end - at)));
    if (bytes->size() != std::min(kCopyBytes, end - at)) return Fail(ErrorKind::kCorrupt, "truncated data file");
    INGOT_ARROW(to.Write(bytes));
  }
  return {};
}

Result<int64_t> Write(storage::Storage& storage, const std::string& location, const std::vector<Source>& sources,
                      const ThriftValue& footer) {
  INGOT_ASSIGN(const auto out, storage.OpenOutput(location));
  INGOT_ARROW(out->Write(kMagic));
  for (const Source& source : sources)
    INGOT_TRY(Copy(*source.file, int64_t(kMagic.size()), source.footer.body_end, *out));
  std::string tail = WriteThrift(footer);
  const uint32_t length = uint32_t(tail.size());
  tail.append(reinterpret_cast<const char*>(&length), sizeof length);
  tail += kMagic;
  INGOT_ARROW(out->Write(parquet_format::SealFooter(tail)));
  INGOT_ARROW_ASSIGN(const int64_t bytes, out->Tell());
  INGOT_ARROW(out->Close());
  return bytes;
}

}  // namespace

Result<std::optional<DataFile>> JoinParquet(storage::Storage& storage, const std::vector<DataFile>& files,
                                            const iceberg::Schema& schema, const std::string& location,
                                            const JoinOptions& options) {
  std::vector<Source> sources;
  size_t groups = 0;
  int64_t bytes = 0;
  for (const DataFile& file : files) {
    if (file.spec_id != files[0].spec_id || PartitionKey(file) != PartitionKey(files[0])) return std::nullopt;
    if (file.format != "PARQUET") return std::nullopt;
    INGOT_ASSIGN(auto input, storage.OpenInput(file.location));
    auto footer = ReadFooter(*input, file.location);
    if (!footer && footer.error().kind == ErrorKind::kUnsupported) return std::nullopt;
    if (!footer) return std::unexpected(std::move(footer).error());
    if (const ThriftValue* own = footer->metadata.Find(file_metadata::kRowGroups)) groups += own->items.size();
    bytes += file.file_bytes;
    sources.push_back({std::move(input), std::move(*footer)});
  }
  if (files.empty() || groups == 0 || bytes / int64_t(groups) < options.group_bytes_min) return std::nullopt;
  DataFile joined = Joined(files, schema);
  const auto footer = JoinFooters(sources, joined.split_offsets);
  if (!footer || footer->Find(file_metadata::kRows)->number != joined.record_count) return std::nullopt;
  const auto written = Write(storage, location, sources, *footer);
  if (!written) {
    (void)storage.Delete(location);
    return std::unexpected(written.error());
  }
  joined.location = location;
  joined.file_bytes = *written;
  return joined;
}

}  // namespace ingot::maintain
