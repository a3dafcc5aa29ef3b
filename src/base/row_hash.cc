#include "base/row_hash.h"

#include <arrow/api.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace ingot {
namespace {

/// A bit pattern that is the same for equal numbers.
template <typename Bits, typename Real>
uint64_t RealBits(Real value) {
  if (value == 0) return 0;
  return std::isnan(value) ? ~uint64_t(0) : std::bit_cast<Bits>(value);
}

uint64_t HashBytes(const void* from, size_t size, uint64_t seed) {
  const auto* bytes = static_cast<const uint8_t*>(from);
  uint64_t hash = MixHash(seed, size), word = 0;
  for (; size >= 8; bytes += 8, size -= 8) {
    std::memcpy(&word, bytes, 8);
    hash = MixHash(hash, word);
  }
  word = 0;
  std::memcpy(&word, bytes, size);
  return MixHash(hash, word);
}

constexpr uint64_t kNullHash = 0x9e3779b97f4a7c15;

template <typename WordOf>
void Fold(const arrow::Array& column, std::vector<uint64_t>& hashes, const WordOf& word_of) {
  const int64_t rows = column.length();
  if (column.null_count() == 0) {
    for (int64_t row = 0; row < rows; ++row) hashes[size_t(row)] = word_of(row, hashes[size_t(row)]);
    return;
  }
  for (int64_t row = 0; row < rows; ++row)
    hashes[size_t(row)] =
        column.IsNull(row) ? MixHash(hashes[size_t(row)], kNullHash) : word_of(row, hashes[size_t(row)]);
}

/// Hashes each dictionary entry once, unless there are more entries than rows.
void FoldDictionary(const arrow::DictionaryArray& column, uint64_t seed, std::vector<uint64_t>& hashes) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(*column.dictionary());
  const int32_t* numbers = column.indices()->data()->GetValues<int32_t>(1);
  if (texts.length() > column.length())
    return Fold(column, hashes,
                [&](int64_t row, uint64_t hash) { return MixHash(hash, HashText(texts.GetView(numbers[row]), seed)); });
  std::vector<uint64_t> known(size_t(texts.length()));
  for (size_t i = 0; i < known.size(); ++i) known[i] = HashText(texts.GetView(int64_t(i)), seed);
  Fold(column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, known[size_t(numbers[row])]); });
}

bool IsText(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY;
}

}  // namespace

uint64_t HashText(std::string_view text, uint64_t seed) {
  return HashBytes(text.data(), text.size(), seed);
}

Result<std::vector<uint64_t>> HashRows(const arrow::RecordBatch& rows, uint64_t seed) {
  std::vector<uint64_t> hashes(size_t(rows.num_rows()), seed);
  for (const auto& column : rows.columns()) {
    switch (column->type_id()) {
      case arrow::Type::INT64:
      case arrow::Type::TIMESTAMP: {
        const int64_t* values = column->data()->GetValues<int64_t>(1);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, uint64_t(values[row])); });
        break;
      }
      case arrow::Type::INT32:
      case arrow::Type::DATE32: {
        const int32_t* values = column->data()->GetValues<int32_t>(1);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, uint64_t(values[row])); });
        break;
      }
      case arrow::Type::DOUBLE: {
        const double* values = column->data()->GetValues<double>(1);
        Fold(*column, hashes,
             [&](int64_t row, uint64_t hash) { return MixHash(hash, RealBits<uint64_t>(values[row])); });
        break;
      }
      case arrow::Type::FLOAT: {
        const float* values = column->data()->GetValues<float>(1);
        Fold(*column, hashes,
             [&](int64_t row, uint64_t hash) { return MixHash(hash, RealBits<uint32_t>(values[row])); });
        break;
      }
      case arrow::Type::BOOL: {
        const auto& values = static_cast<const arrow::BooleanArray&>(*column);
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return MixHash(hash, values.Value(row)); });
        break;
      }
      case arrow::Type::FIXED_SIZE_BINARY: {
        const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(*column);
        const size_t width = size_t(values.byte_width());
        Fold(*column, hashes, [&](int64_t row, uint64_t hash) { return HashBytes(values.GetValue(row), width, hash); });
        break;
      }
      case arrow::Type::STRING:
      case arrow::Type::BINARY: {
        const auto& values = static_cast<const arrow::BinaryArray&>(*column);
        Fold(*column, hashes,
             [&](int64_t row, uint64_t hash) { return MixHash(hash, HashText(values.GetView(row), seed)); });
        break;
      }
      case arrow::Type::DICTIONARY: {
        const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*column);
        if (!IsText(*dictionary.dictionary()->type()))
          return Fail(ErrorKind::kUnsupported, "cannot hash a column of type " + column->type()->ToString());
        FoldDictionary(dictionary, seed, hashes);
        break;
      }
      default:
        return Fail(ErrorKind::kUnsupported, "cannot hash a column of type " + column->type()->ToString());
    }
  }
  return hashes;
}

}  // namespace ingot
