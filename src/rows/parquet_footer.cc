#include "rows/parquet_footer.h"

#include <arrow/util/key_value_metadata.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "base/arrow_result.h"
#include "base/uuid.h"
#include "parquet/footer.h"

namespace ingot::rows {
namespace {

using Footer = std::shared_ptr<parquet::FileMetaData>;

/// A cache that evicts the least recently used footers, limited by the number of column chunks that they describe.
class FooterCache {
 public:
  Footer Find(const std::string& location) {
    std::lock_guard lock(mutex_);
    const auto found = by_location_.find(location);
    if (found == by_location_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->footer;
  }

  void Keep(const std::string& location, const Footer& footer) {
    std::lock_guard lock(mutex_);
    if (by_location_.contains(location)) return;
    order_.push_front({location, footer});
    by_location_[location] = order_.begin();
    chunks_ += ChunksOf(*footer);
    while (chunks_ > kChunksMax && order_.size() > 1) {
      chunks_ -= ChunksOf(*order_.back().footer);
      by_location_.erase(order_.back().location);
      order_.pop_back();
    }
  }

 private:
  static constexpr int64_t kChunksMax = 20'000;  // about 10 MB
  struct Entry {
    std::string location;
    Footer footer;
  };
  static int64_t ChunksOf(const parquet::FileMetaData& footer) {
    return int64_t(footer.num_row_groups()) * footer.num_columns();
  }

  std::mutex mutex_;
  std::list<Entry> order_;
  std::map<std::string, std::list<Entry>::iterator> by_location_;
  int64_t chunks_ = 0;
};

bool IsMicros(const parquet::ColumnDescriptor& column) {
  const auto& logical = column.logical_type();
  return logical != nullptr && logical->is_timestamp() &&
         static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit() ==
             parquet::LogicalType::TimeUnit::MICROS;
}

/// Whether the bounds are in signed order; those of unsigned integers are not.
bool IsSignedInteger(const parquet::ColumnDescriptor& column) {
  const auto& logical = column.logical_type();
  return logical == nullptr || logical->is_none() ||
         (logical->is_int() && static_cast<const parquet::IntLogicalType&>(*logical).is_signed());
}

/// Whether the column chunk stores its values in this type.
bool IsStoredAs(const parquet::ColumnDescriptor& column, const iceberg::Type& type) {
  const auto& logical = column.logical_type();
  switch (column.physical_type()) {
    case parquet::Type::INT32:
      return (type.id == iceberg::TypeId::kInt && IsSignedInteger(column)) ||
             (type.id == iceberg::TypeId::kDate && logical != nullptr && logical->is_date());
    case parquet::Type::INT64:
      return (type.id == iceberg::TypeId::kLong && IsSignedInteger(column)) ||
             ((type.id == iceberg::TypeId::kTimestamp || type.id == iceberg::TypeId::kTimestamptz) && IsMicros(column));
    case parquet::Type::DOUBLE:
      return type.id == iceberg::TypeId::kDouble;
    case parquet::Type::BYTE_ARRAY:
      return (type.id == iceberg::TypeId::kString || type.id == iceberg::TypeId::kBinary) &&
             (logical == nullptr || !logical->is_decimal());
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return type.id == iceberg::TypeId::kUuid && column.type_length() == int(kUuidBytes);
    default:
      return false;
  }
}

template <typename Statistics>
void Bounds(const parquet::Statistics& statistics, iceberg::ColumnMetrics& known) {
  const auto& typed = static_cast<const Statistics&>(statistics);
  if constexpr (std::is_same_v<Statistics, parquet::ByteArrayStatistics>) {
    known.lower = std::string(std::string_view(typed.min()));
    known.upper = std::string(std::string_view(typed.max()));
  } else {
    known.lower = iceberg::Value(typed.min());
    known.upper = iceberg::Value(typed.max());
  }
}

void AddBounds(const parquet::Statistics& statistics, iceberg::ColumnMetrics& known) {
  switch (statistics.physical_type()) {
    case parquet::Type::INT32:
      return Bounds<parquet::Int32Statistics>(statistics, known);
    case parquet::Type::INT64:
      return Bounds<parquet::Int64Statistics>(statistics, known);
    case parquet::Type::DOUBLE:
      return Bounds<parquet::DoubleStatistics>(statistics, known);
    case parquet::Type::BYTE_ARRAY:
      return Bounds<parquet::ByteArrayStatistics>(statistics, known);
    default:
      return;
  }
}

/// The hash of a value for the bloom filter. None for floating point, as 0.0 and -0.0 are equal but hash differently.
std::optional<uint64_t> HashOf(const parquet::BloomFilter& filter, const iceberg::Value& value,
                               const iceberg::Type& type) {
  const bool narrow = type.id == iceberg::TypeId::kInt || type.id == iceberg::TypeId::kDate;
  if (const auto* number = std::get_if<int32_t>(&value))
    return narrow ? filter.Hash(*number) : filter.Hash(int64_t(*number));
  if (const auto* number = std::get_if<int64_t>(&value); number != nullptr && !narrow) return filter.Hash(*number);
  const auto* bytes = std::get_if<std::string>(&value);
  if (bytes == nullptr) return std::nullopt;
  if (type.id != iceberg::TypeId::kUuid) return filter.Hash(std::string_view(*bytes));
  if (bytes->size() != kUuidBytes) return std::nullopt;
  const parquet::FLBA fixed(reinterpret_cast<const uint8_t*>(bytes->data()));
  return filter.Hash(&fixed, uint32_t(kUuidBytes));
}

/// The bloom filter of a column chunk; null if it has none or it cannot be read.
std::unique_ptr<parquet::BloomFilter> ReadBloomFilter(storage::Storage& storage, const std::string& location,
                                                      const Footer& footer, int row_group, int column) {
  const auto input = storage.OpenInput(location);
  if (!input) return nullptr;
  try {
    const auto file = parquet::ParquetFileReader::Open(*input, parquet::default_reader_properties(), footer);
    const auto group = file->GetBloomFilterReader().RowGroup(row_group);
    return group == nullptr ? nullptr : group->GetColumnBloomFilter(column);
  } catch (const parquet::ParquetException&) {
    return nullptr;
  }
}

}  // namespace

void IgnoreStoredTypes(parquet::FileMetaData& footer) {
  const auto& pairs = footer.key_value_metadata();
  // The footer is not shared yet, or the key was removed before.
  if (pairs != nullptr && pairs->Contains("ARROW:schema"))
    (void)std::const_pointer_cast<arrow::KeyValueMetadata>(pairs)->Delete("ARROW:schema");
}

Result<Footer> FooterOf(storage::Storage& storage, const std::string& location) {
  static FooterCache footers;
  if (auto known = footers.Find(location)) return known;
  INGOT_ASSIGN(const auto input, storage.OpenInput(location));
  INGOT_ASSIGN(auto footer, ReadFooterOf(*input, location));
  footers.Keep(location, footer);
  return footer;
}

Result<Footer> ReadFooterOf(arrow::io::RandomAccessFile& file, const std::string& location) {
  auto footer = parquet_format::ReadFooter(file);
  if (!footer) return std::unexpected(UnreadableFile(file, location, footer.error()));
  IgnoreStoredTypes(**footer);
  return footer;
}

Error UnreadableFile(arrow::io::RandomAccessFile& file, const std::string& location, const Error& reason) {
  constexpr int64_t kMagicBytes = 4, kBytesMin = 12;  // magic, length of the footer, magic
  // A read that failed says nothing of the bytes.
  if (reason.kind != ErrorKind::kCorrupt && reason.kind != ErrorKind::kUnsupported)
    return Error(reason).Context("data file " + location);
  const auto is = [&](ErrorKind kind, std::string_view what) {
    return Error{kind, "data file " + location + " " + std::string(what)};
  };
  const auto bytes = file.GetSize();
  if (!bytes.ok()) return FromArrow(bytes.status()).Context("data file " + location + " cannot be read");
  if (*bytes == 0) return is(ErrorKind::kCorrupt, "is empty: its writer did not finish, or it was truncated later");
  const auto at = [&](int64_t position) {
    const auto read = file.ReadAt(position, std::min(kMagicBytes, *bytes - position));
    return read.ok() ? (*read)->ToString() : "";
  };
  const std::string head = at(0), tail = at(std::max<int64_t>(0, *bytes - kMagicBytes));
  if (head == "PARE" || tail == "PARE")
    return is(ErrorKind::kUnsupported,
              "is encrypted (Parquet modular encryption), which is not supported: use the engine that wrote it");
  if (head == std::string_view("Obj\1", 4))
    return is(ErrorKind::kCorrupt, "is an Avro file, but its manifest says Parquet");
  if (head.starts_with("ORC")) return is(ErrorKind::kCorrupt, "is an ORC file, but its manifest says Parquet");
  if (head != "PAR1") return is(ErrorKind::kCorrupt, "is not a Parquet file: it does not begin with PAR1");
  if (tail != "PAR1" || *bytes < kBytesMin)
    return is(ErrorKind::kCorrupt, "is truncated: it begins like a Parquet file but does not end with PAR1");
  return is(reason.kind, "cannot be read: " + reason.message);
}

iceberg::MetricsLookup RowGroupMetrics(storage::Storage& storage, const std::string& location, const Footer& footer,
                                       int row_group, const iceberg::Schema& schema) {
  return [&storage, &location, footer, row_group, &schema](iceberg::FieldId id) {
    iceberg::ColumnMetrics known;
    const iceberg::Field* field = schema.FindById(id);
    if (field != nullptr)
      known.may_be_nan = field->type.id == iceberg::TypeId::kFloat || field->type.id == iceberg::TypeId::kDouble;
    for (int i = 0; field != nullptr && i < footer->num_columns(); ++i) {
      const parquet::ColumnDescriptor& column = *footer->schema()->Column(i);
      if (column.schema_node()->field_id() != id || column.max_repetition_level() > 0) continue;
      const auto chunk = footer->RowGroup(row_group)->ColumnChunk(i);
      const bool same = IsStoredAs(column, field->type);
      if (same && chunk->bloom_filter_offset())
        known.may_hold = [=, &storage, &location, type = field->type, filter = std::shared_ptr<parquet::BloomFilter>(),
                          was_read = false](const iceberg::Value& value) mutable {
          if (!std::exchange(was_read, true)) filter = ReadBloomFilter(storage, location, footer, row_group, i);
          const auto hash = filter == nullptr ? std::nullopt : HashOf(*filter, value, type);
          return !hash || filter->FindHash(*hash);
        };
      const auto statistics = chunk->is_stats_set() ? chunk->statistics() : nullptr;
      if (statistics == nullptr) return known;
      if (statistics->HasNullCount()) {
        known.may_be_null = statistics->null_count() > 0;
        known.may_be_value = statistics->null_count() < chunk->num_values();
      }
      if (same && statistics->HasMinMax()) AddBounds(*statistics, known);
      return known;
    }
    return known;
  };
}

}  // namespace ingot::rows
