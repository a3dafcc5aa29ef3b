#include "parquet/column_chunk.h"

#include <arrow/api.h>
#include <arrow/util/compression.h>
#include <parquet/column_page.h>
#include <parquet/column_writer.h>
#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "parquet/chunk_values.h"
#include "parquet/hybrid_runs.h"
#include "parquet/parquet_error.h"

namespace ingot::parquet_format {
namespace {

using parquet::Encoding;

constexpr int64_t kSliceRows = 1024;                  // appended between two checks of the page size
constexpr size_t kDictionaryCheckValues = 16 * 1024;  // after which the dictionary is checked
constexpr double kDistinctShareMax = 0.9;
constexpr size_t kScratchBytesMax = 8 << 20;  // kept per thread for compressing pages

/// The definition levels (0 null, 1 value) of a page of a flat column; stored per row only when the page has both.
class DefinitionLevels {
 public:
  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    int64_t nulls = 0;
    if (values.null_count() == values.length())
      nulls = count;
    else if (values.null_count() > 0)
      for (int64_t row = begin; row < begin + count; ++row) nulls += values.IsNull(row);
    const bool mixed = (nulls_ > 0 || nulls > 0) && (nulls_ < rows_ || nulls < count);
    if (mixed && level_of_row_.empty()) level_of_row_.assign(size_t(rows_), nulls_ == 0);
    if (mixed)
      for (int64_t row = begin; row < begin + count; ++row) level_of_row_.push_back(values.IsValid(row));
    rows_ += count;
    nulls_ += nulls;
  }

  int64_t rows() const { return rows_; }
  int64_t nulls() const { return nulls_; }

  /// Appends the levels as RLE of bit width 1, after their length in four bytes.
  void AppendLevels(std::string& to) const {
    const size_t at = to.size();
    to.append(sizeof(uint32_t), '\0');
    if (level_of_row_.empty())
      AppendRun(nulls_ == 0, size_t(rows_), 1, to);
    else
      AppendHybridRuns(level_of_row_, 1, to);
    const uint32_t length = uint32_t(to.size() - at - sizeof(uint32_t));
    std::memcpy(to.data() + at, &length, sizeof length);
  }

  void Clear() {
    rows_ = nulls_ = 0;
    level_of_row_.clear();
  }

 private:
  int64_t rows_ = 0, nulls_ = 0;
  std::vector<uint32_t> level_of_row_;
};

std::shared_ptr<arrow::Buffer> BufferOf(std::string bytes) {
  return arrow::Buffer::FromString(std::move(bytes));
}

template <typename Values>
class TypedColumnChunk : public ColumnChunk {
 public:
  TypedColumnChunk(const parquet::ColumnDescriptor& column, const parquet::WriterProperties& properties, Values values)
      : column_(column),
        properties_(properties),
        optional_(column.max_definition_level() > 0),
        page_bytes_(properties.data_pagesize()),
        page_rows_(properties.max_rows_per_page()),
        dictionary_bytes_max_(size_t(properties.dictionary_pagesize_limit())),
        codec_type_(properties.compression(column.path())),
        values_(std::move(values)) {
    Clear();
  }

  Status Append(const arrow::Array& values) override {
    if (!optional_ && values.null_count() > 0)
      return Fail(ErrorKind::kBadInput,
                  "column " + column_.name() +
                      " is required but has a null: let a rule of the pipeline file quarantine such records, or "
                      "make the column optional");
    for (int64_t begin = 0; begin < values.length();) {
      const int64_t count = std::min({kSliceRows, values.length() - begin, page_rows_ - levels_.rows()});
      levels_.Append(values, begin, count);
      if (values.null_count() < values.length()) INGOT_TRY(Take(values, begin, count));
      begin += count;
      if (levels_.rows() >= page_rows_ || int64_t(PendingBytes()) >= page_bytes_) INGOT_TRY(EndPage());
    }
    return {};
  }

  int64_t BytesBuffered() const override { return pages_bytes_ + int64_t(PendingBytes() + values_.DictionaryBytes()); }

  Result<int64_t> Finish(const std::shared_ptr<arrow::io::OutputStream>& to,
                         parquet::ColumnChunkMetaDataBuilder& footer, int16_t row_group, int16_t column) override {
    INGOT_TRY(EndPage());
    try {
      parquet::EncodedStatistics statistics = values_.Statistics();
      statistics.set_null_count(nulls_);
      statistics.all_null_value = nulls_ == rows_;
      statistics.ApplyStatSizeLimits(properties_.max_statistics_size(column_.path()));
      statistics.set_is_signed(column_.sort_order() == parquet::SortOrder::SIGNED);
      footer.SetStatistics(statistics);
      const auto writer = parquet::PageWriter::Open(
          to, codec_type_, &footer, row_group, column, arrow::default_memory_pool(), false, nullptr, nullptr,
          properties_.page_checksum_enabled(), nullptr, nullptr, arrow::util::CodecOptions(LevelOf(properties_)));
      int64_t bytes = 0;
      if (has_dictionary_pages_)
        bytes += writer->WriteDictionaryPage(parquet::DictionaryPage(
            BufferOf(values_.DictionaryPage()), int32_t(values_.DictionarySize()), Encoding::PLAIN));
      for (const auto& page : pages_) bytes += writer->WriteDataPage(*page);
      writer->Close(has_dictionary_pages_, has_dictionary_pages_ && has_plain_pages_);
      Clear();
      return bytes;
    } catch (const parquet::ParquetException& error) {
      return std::unexpected(FromParquet(error).Context("column " + column_.name()));
    }
  }

 private:
  int LevelOf(const parquet::WriterProperties& properties) const {
    return properties.compression_level(column_.path());
  }

  void Clear() {
    pages_.clear();
    levels_.Clear();
    values_.Clear();
    indices_.clear();
    pages_bytes_ = rows_ = nulls_ = 0;
    has_dictionary_pages_ = has_plain_pages_ = false;
    use_dictionary_ = Values::kDictionary && properties_.dictionary_enabled(column_.path());
    dictionary_checked_ = false;
  }

  size_t PendingBytes() const { return indices_.size() * sizeof(uint32_t) + values_.PlainBytes(); }

  Status Take(const arrow::Array& values, int64_t begin, int64_t count) {
    if constexpr (Values::kDictionary)
      if (use_dictionary_) {
        values_.Encode(values, begin, count, indices_);
        if (indices_.size() >= kDictionaryCheckValues || values_.DictionaryBytes() > dictionary_bytes_max_)
          CheckDictionary();
        if (!use_dictionary_ || values_.DictionaryBytes() <= dictionary_bytes_max_) return {};
        INGOT_TRY(EndPage());  // this page uses the dictionary, later pages are plain
        use_dictionary_ = false;
        return {};
      }
    values_.Append(values, begin, count);
    return {};
  }

  /// Drops the dictionary when values rarely repeat. Once a page refers to it, it stays.
  void CheckDictionary() {
    if constexpr (Values::kDictionary) {
      if (dictionary_checked_ || has_dictionary_pages_ || indices_.empty()) return;
      dictionary_checked_ = true;
      if (double(values_.DictionarySize()) <= kDistinctShareMax * double(indices_.size()) &&
          values_.DictionaryBytes() <= dictionary_bytes_max_)
        return;
      values_.DecodeToPlain(indices_);
      indices_.clear();
      use_dictionary_ = false;
    }
  }

  Status EndPage() {
    if (levels_.rows() == 0) return {};
    CheckDictionary();
    std::string body;
    if (optional_) levels_.AppendLevels(body);
    const bool indexed = !indices_.empty();
    if (indexed) {
      const int width = BitWidth(values_.DictionarySize() - 1);
      body += char(width);
      AppendHybridRuns(indices_, width, body);
      indices_.clear();
      has_dictionary_pages_ = true;
    } else {
      INGOT_TRY(values_.Flush(body));
      has_plain_pages_ = true;
    }
    const int64_t bytes = int64_t(body.size());
    INGOT_ASSIGN(auto buffer, Compressed(std::move(body)));
    pages_bytes_ += buffer->size();
    pages_.push_back(std::make_unique<parquet::DataPageV1>(std::move(buffer), int32_t(levels_.rows()),
                                                           indexed ? Encoding::RLE_DICTIONARY : values_.encoding(),
                                                           Encoding::RLE, Encoding::RLE, bytes));
    rows_ += levels_.rows();
    nulls_ += levels_.nulls();
    levels_.Clear();
    return {};
  }

  Result<std::shared_ptr<arrow::Buffer>> Compressed(std::string body) {
    if (codec_type_ == arrow::Compression::UNCOMPRESSED) return BufferOf(std::move(body));
    if (codec_ == nullptr) {
      INGOT_ARROW_ASSIGN(codec_, arrow::util::Codec::Create(codec_type_, LevelOf(properties_)));
    }
    thread_local std::string scratch;  // shared by the columns of all open files
    const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
    const int64_t bytes_max = codec_->MaxCompressedLen(int64_t(body.size()), bytes);
    scratch.resize(std::max(scratch.size(), size_t(bytes_max)));
    INGOT_ARROW_ASSIGN(const int64_t size, codec_->Compress(int64_t(body.size()), bytes, bytes_max,
                                                            reinterpret_cast<uint8_t*>(scratch.data())));
    auto packed = BufferOf(scratch.substr(0, size_t(size)));
    if (scratch.size() > kScratchBytesMax) std::string().swap(scratch);
    return packed;
  }

  const parquet::ColumnDescriptor& column_;
  const parquet::WriterProperties& properties_;
  const bool optional_;
  const int64_t page_bytes_, page_rows_;
  const size_t dictionary_bytes_max_;
  const arrow::Compression::type codec_type_;
  std::unique_ptr<arrow::util::Codec> codec_;

  Values values_;
  DefinitionLevels levels_;        // of the open page
  std::vector<uint32_t> indices_;  // its values, if dictionary-encoded
  bool use_dictionary_ = false, dictionary_checked_ = false, has_dictionary_pages_ = false, has_plain_pages_ = false;
  std::vector<std::unique_ptr<parquet::DataPageV1>> pages_;
  int64_t pages_bytes_ = 0, rows_ = 0, nulls_ = 0;
};

template <typename Values>
std::unique_ptr<ColumnChunk> MakeChunk(const parquet::ColumnDescriptor& column,
                                       const parquet::WriterProperties& properties, Values values) {
  return std::make_unique<TypedColumnChunk<Values>>(column, properties, std::move(values));
}

}  // namespace

bool ColumnChunk::Supports(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::INT64:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
      return true;
    default:
      return false;
  }
}

std::unique_ptr<ColumnChunk> ColumnChunk::Make(const parquet::ColumnDescriptor& column,
                                               const parquet::WriterProperties& properties,
                                               const arrow::DataType& type) {
  const bool delta = properties.encoding(column.path()) == Encoding::DELTA_BINARY_PACKED;
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return MakeChunk(column, properties, BooleanValues());
    case parquet::Type::INT32:
      return MakeChunk(column, properties, NumberValues<int32_t>(delta));
    case parquet::Type::INT64:
      return MakeChunk(column, properties, NumberValues<int64_t>(delta));
    case parquet::Type::FLOAT:
      return MakeChunk(column, properties, NumberValues<float>(false));
    case parquet::Type::DOUBLE:
      return MakeChunk(column, properties, NumberValues<double>(false));
    case parquet::Type::BYTE_ARRAY:
      return MakeChunk(column, properties, TextValues());
    default:
      return MakeChunk(column, properties,
                       FixedBytesValues(static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width()));
  }
}

}  // namespace ingot::parquet_format
