// Encoders for the values of a column chunk, one class per physical type: the plain values of the open page, the
// dictionary, minimum and maximum. All have the same members, which column_chunk.cc calls. Source:
// apache/parquet-format, Encodings.md; parquet.thrift, "Statistics" and "ColumnOrder" (NaN, signed zeros).
#pragma once

#include <arrow/api.h>
#include <arrow/util/bit_run_reader.h>
#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "parquet/dictionary.h"
#include "parquet/hybrid_runs.h"

namespace ingot::parquet_format {

/// Calls `take(first, count)` for each run of non-null rows in [begin, begin + count).
template <typename Take>
void ForEachValidRun(const arrow::Array& values, int64_t begin, int64_t count, const Take& take) {
  if (values.null_count() == 0) return take(begin, count);
  arrow::internal::VisitSetBitRunsVoid(values.null_bitmap_data(), values.offset() + begin, count,
                                       [&](int64_t at, int64_t length) { take(begin + at, length); });
}

/// Base of types that are never dictionary-encoded.
struct WithoutDictionary {
  static constexpr bool kDictionary = false;
  size_t DictionaryBytes() const { return 0; }
  size_t DictionarySize() const { return 0; }
  std::string DictionaryPage() const { return {}; }
  parquet::Encoding::type encoding() const { return parquet::Encoding::PLAIN; }
};

/// int32_t, int64_t, float, double.
template <typename T>
class NumberValues {
  using Word = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

 public:
  static constexpr bool kDictionary = true;
  explicit NumberValues(bool delta) : delta_(delta && std::is_same_v<T, int64_t>) {}

  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    const T* all = values.data()->GetValues<T>(1);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      plain_.insert(plain_.end(), all + first, all + first + length);
      for (int64_t row = first; row < first + length; ++row) UpdateMinMax(all[row]);
    });
  }

  void Encode(const arrow::Array& values, int64_t begin, int64_t count, std::vector<uint32_t>& indices) {
    const Word* all = values.data()->GetValues<Word>(1);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      const size_t at = indices.size();
      indices.resize(at + size_t(length));
      dictionary_.Encode({all + first, size_t(length)}, indices.data() + at);
    });
  }

  void DecodeToPlain(const std::vector<uint32_t>& indices) {
    for (const uint32_t index : indices) {
      plain_.push_back(std::bit_cast<T>(dictionary_.words()[index]));
      UpdateMinMax(plain_.back());
    }
    dictionary_.Clear();
  }

  Status Flush(std::string& to) {
    if (delta_) {
      INGOT_TRY(FlushDeltas(to));
    } else {
      to.append(reinterpret_cast<const char*>(plain_.data()), PlainBytes());
    }
    plain_.clear();
    return {};
  }

  parquet::Encoding::type encoding() const {
    return delta_ ? parquet::Encoding::DELTA_BINARY_PACKED : parquet::Encoding::PLAIN;
  }
  size_t PlainBytes() const { return plain_.size() * sizeof(T); }
  size_t DictionaryBytes() const { return dictionary_.Bytes(); }
  size_t DictionarySize() const { return dictionary_.size(); }
  std::string DictionaryPage() const {
    return {reinterpret_cast<const char*>(dictionary_.words().data()), dictionary_.Bytes()};
  }

  parquet::EncodedStatistics Statistics() {
    for (const Word word : dictionary_.words()) UpdateMinMax(std::bit_cast<T>(word));
    parquet::EncodedStatistics statistics;
    if (!(min_ <= max_)) return statistics;
    if constexpr (std::is_floating_point_v<T>) {
      if (min_ == 0) min_ = -T(0);
      if (max_ == 0) max_ = T(0);
    }
    statistics.set_min({reinterpret_cast<const char*>(&min_), sizeof(T)});
    statistics.set_max({reinterpret_cast<const char*>(&max_), sizeof(T)});
    return statistics;
  }

  void Clear() {
    plain_.clear();
    dictionary_.Clear();
    min_ = Limits::has_infinity ? Limits::infinity() : Limits::max();
    max_ = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  }

 private:
  using Limits = std::numeric_limits<T>;

  void UpdateMinMax(T value) {  // NaN is ignored
    min_ = value < min_ ? value : min_;
    max_ = value > max_ ? value : max_;
  }

  Status FlushDeltas(std::string& to) {
    if constexpr (std::is_same_v<T, int64_t>) {
      try {
        if (encoder_ == nullptr)
          encoder_ = parquet::MakeTypedEncoder<parquet::Int64Type>(parquet::Encoding::DELTA_BINARY_PACKED);
        encoder_->Put(plain_.data(), int(plain_.size()));
        to += encoder_->FlushValues()->ToString();
      } catch (const parquet::ParquetException& error) {
        return Fail(ErrorKind::kInternal, std::string("delta encoding: ") + error.what());
      }
    }
    return {};
  }

  bool delta_;
  std::unique_ptr<parquet::Int64Encoder> encoder_;
  std::vector<T> plain_;
  WordDictionary<Word> dictionary_;
  T min_{}, max_{};
};

class BooleanValues : public WithoutDictionary {
 public:
  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    const auto& all = static_cast<const arrow::BooleanArray&>(values);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      for (int64_t row = first; row < first + length; ++row) {
        bits_.push_back(all.Value(row));
        seen_[bits_.back()] = true;
      }
    });
  }
  Status Flush(std::string& to) {
    AppendBits(bits_, 1, to);
    bits_.clear();
    return {};
  }
  size_t PlainBytes() const { return bits_.size() * sizeof(uint32_t); }
  parquet::EncodedStatistics Statistics() const {
    parquet::EncodedStatistics statistics;
    if (!seen_[0] && !seen_[1]) return statistics;
    statistics.set_min(std::string(1, char(!seen_[0])));
    statistics.set_max(std::string(1, char(seen_[1])));
    return statistics;
  }
  void Clear() {
    bits_.clear();
    seen_[0] = seen_[1] = false;
  }

 private:
  std::vector<uint32_t> bits_;
  bool seen_[2] = {};
};

/// Strings and binaries, compared bytewise. Input may be dictionary-encoded.
class TextValues {
 public:
  static constexpr bool kDictionary = true;

  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    ForEachText(values, begin, count, [&](std::string_view text) { AppendOne(text); });
  }
  void Encode(const arrow::Array& values, int64_t begin, int64_t count, std::vector<uint32_t>& indices) {
    if (values.type_id() != arrow::Type::DICTIONARY)
      return ForEachText(values, begin, count,
                         [&](std::string_view text) { indices.push_back(dictionary_.IndexOf(text)); });
    const auto& encoded = static_cast<const arrow::DictionaryArray&>(values);
    const auto& texts = static_cast<const arrow::BinaryArray&>(*encoded.dictionary());
    if (encoded.dictionary()->data() != source_dictionary_) {
      source_dictionary_ = encoded.dictionary()->data();
      index_of_source_.assign(size_t(texts.length()), kUnknown);
    }
    const int32_t* source_indices = encoded.indices()->data()->GetValues<int32_t>(1);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      for (int64_t row = first; row < first + length; ++row) {
        uint32_t& index = index_of_source_[size_t(source_indices[row])];
        if (index == kUnknown) index = dictionary_.IndexOf(texts.GetView(source_indices[row]));
        indices.push_back(index);
      }
    });
  }
  void DecodeToPlain(const std::vector<uint32_t>& indices) {
    for (const uint32_t index : indices) AppendOne(dictionary_.Text(index));
    ClearDictionary();
  }
  Status Flush(std::string& to) {
    to += plain_;
    plain_.clear();
    return {};
  }

  parquet::Encoding::type encoding() const { return parquet::Encoding::PLAIN; }
  size_t PlainBytes() const { return plain_.size(); }
  size_t DictionaryBytes() const { return dictionary_.Bytes(); }
  size_t DictionarySize() const { return dictionary_.size(); }
  const std::string& DictionaryPage() const { return dictionary_.page(); }

  parquet::EncodedStatistics Statistics() {
    for (uint32_t index = 0; index < dictionary_.size(); ++index) UpdateMinMax(dictionary_.Text(index));
    parquet::EncodedStatistics statistics;
    if (!any_) return statistics;
    statistics.set_min(min_);
    statistics.set_max(max_);
    return statistics;
  }
  void Clear() {
    plain_.clear();
    ClearDictionary();
    any_ = false;
  }

 private:
  static constexpr uint32_t kUnknown = ~uint32_t(0);

  void ClearDictionary() {
    dictionary_.Clear();
    source_dictionary_.reset();
  }

  template <typename Take>
  static void ForEachText(const arrow::Array& values, int64_t begin, int64_t count, const Take& take) {
    if (values.type_id() == arrow::Type::DICTIONARY) {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(values);
      const auto& texts = static_cast<const arrow::BinaryArray&>(*encoded.dictionary());
      return ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
        for (int64_t row = first; row < first + length; ++row) take(texts.GetView(encoded.GetValueIndex(row)));
      });
    }
    const auto& all = static_cast<const arrow::BinaryArray&>(values);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      for (int64_t row = first; row < first + length; ++row) take(all.GetView(row));
    });
  }
  void AppendOne(std::string_view text) {
    const uint32_t length = uint32_t(text.size());
    plain_.append(reinterpret_cast<const char*>(&length), sizeof length);
    plain_ += text;
    UpdateMinMax(text);
  }
  void UpdateMinMax(std::string_view text) {
    if (!any_ || text < min_) min_ = text;
    if (!any_ || text > max_) max_ = text;
    any_ = true;
  }

  std::string plain_, min_, max_;
  TextDictionary dictionary_;
  std::shared_ptr<arrow::ArrayData> source_dictionary_;  // the dictionary of the latest encoded input
  std::vector<uint32_t> index_of_source_;                // our index of each of its entries
  bool any_ = false;
};

/// UUIDs and other fixed-size binaries, compared bytewise. No dictionary, since most are unique ids.
class FixedBytesValues : public WithoutDictionary {
 public:
  explicit FixedBytesValues(int width) : width_(size_t(width)) {}

  void Append(const arrow::Array& values, int64_t begin, int64_t count) {
    const auto& all = static_cast<const arrow::FixedSizeBinaryArray&>(values);
    ForEachValidRun(values, begin, count, [&](int64_t first, int64_t length) {
      const auto* bytes = reinterpret_cast<const char*>(all.GetValue(first));
      plain_.append(bytes, size_t(length) * width_);
      for (const char* at = bytes; at != bytes + size_t(length) * width_; at += width_) UpdateMinMax(at);
    });
  }
  Status Flush(std::string& to) {
    to += plain_;
    plain_.clear();
    return {};
  }
  size_t PlainBytes() const { return plain_.size(); }
  parquet::EncodedStatistics Statistics() const {
    parquet::EncodedStatistics statistics;
    if (min_.empty()) return statistics;
    statistics.set_min(min_);
    statistics.set_max(max_);
    return statistics;
  }
  void Clear() {
    plain_.clear();
    min_.clear();
    max_.clear();
    min_prefix_ = ~uint64_t(0);
    max_prefix_ = 0;
  }

 private:
  /// Compares the first eight bytes as an integer, which decides nearly always.
  void UpdateMinMax(const char* bytes) {
    uint64_t prefix = 0;
    std::memcpy(&prefix, bytes, std::min(sizeof prefix, width_));
    prefix = __builtin_bswap64(prefix);
    if (prefix > min_prefix_ && prefix < max_prefix_) return;
    const std::string_view value(bytes, width_);
    if (min_.empty() || value < min_) min_ = value, min_prefix_ = prefix;
    if (max_.empty() || value > max_) max_ = value, max_prefix_ = prefix;
  }

  size_t width_;
  std::string plain_, min_, max_;
  uint64_t min_prefix_ = ~uint64_t(0), max_prefix_ = 0;
};

}  // namespace ingot::parquet_format
