#include "iceberg/parquet_footer.h"

#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <cmath>
#include <list>
#include <map>
#include <mutex>

namespace ingot::iceberg {
namespace {

using Footer = std::shared_ptr<parquet::FileMetaData>;

/// The least recently used go first, once the column chunks that all describe are too many.
class Footers {
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
  static constexpr int64_t kChunksMax = 20'000;  // some 10 MB
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

template <typename Statistics>
void Bounds(const parquet::Statistics& statistics, ColumnKnowledge& known) {
  const auto& typed = static_cast<const Statistics&>(statistics);
  known.lower = Value(typed.min());
  known.upper = Value(typed.max());
}

bool IsMicros(const parquet::ColumnDescriptor& column) {
  const auto& logical = column.logical_type();
  return logical != nullptr && logical->is_timestamp() &&
         static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit() ==
             parquet::LogicalType::TimeUnit::MICROS;
}

void AddBounds(const parquet::Statistics& statistics, const parquet::ColumnDescriptor& column, const Type& type,
               ColumnKnowledge& known) {
  const auto physical = column.physical_type();
  const bool whole = type.id == TypeId::kLong ||
                     ((type.id == TypeId::kTimestamp || type.id == TypeId::kTimestamptz) && IsMicros(column));
  if (whole && physical == parquet::Type::INT64) Bounds<parquet::Int64Statistics>(statistics, known);
  if ((type.id == TypeId::kInt || type.id == TypeId::kDate) && physical == parquet::Type::INT32)
    Bounds<parquet::Int32Statistics>(statistics, known);
  if (type.id == TypeId::kDouble && physical == parquet::Type::DOUBLE)
    Bounds<parquet::DoubleStatistics>(statistics, known);
}

}  // namespace

Result<Footer> FooterOf(storage::Storage& storage, const std::string& location) {
  static Footers footers;
  if (auto known = footers.Find(location)) return known;
  INGOT_ASSIGN(const auto input, storage.OpenInput(location));
  try {
    auto footer = parquet::ReadMetaData(input);
    footers.Keep(location, footer);
    return footer;
  } catch (const parquet::ParquetException& error) {
    return Fail(ErrorKind::kCorrupt, "data file " + location + ": " + error.what());
  }
}

Knowledge KnowledgeOf(const parquet::FileMetaData& footer, int row_group, const Schema& schema) {
  return [&footer, row_group, &schema](FieldId id) {
    ColumnKnowledge known;
    const Field* field = schema.FindById(id);
    if (field != nullptr) known.may_be_nan = field->type.id == TypeId::kFloat || field->type.id == TypeId::kDouble;
    for (int i = 0; field != nullptr && i < footer.num_columns(); ++i) {
      const parquet::ColumnDescriptor& column = *footer.schema()->Column(i);
      if (column.schema_node()->field_id() != id || column.max_repetition_level() > 0) continue;
      const auto chunk = footer.RowGroup(row_group)->ColumnChunk(i);
      const auto statistics = chunk->is_stats_set() ? chunk->statistics() : nullptr;
      if (statistics == nullptr) return known;
      if (statistics->HasNullCount()) {
        known.may_be_null = statistics->null_count() > 0;
        known.may_be_value = statistics->null_count() < chunk->num_values();
      }
      if (statistics->HasMinMax()) AddBounds(*statistics, column, field->type, known);
      return known;
    }
    return known;
  };
}

}  // namespace ingot::iceberg
