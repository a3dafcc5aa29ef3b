#include "avro/avro.h"

namespace ingot::avro {
namespace {

constexpr int kDepthMax = 128;

}  // namespace

std::string_view AvroReader::Take(int64_t bytes) {
  if (bytes < 0 || uint64_t(bytes) > rest.size()) {
    failed = true;
    rest = {};
    return {};
  }
  const auto taken = rest.substr(0, size_t(bytes));
  rest.remove_prefix(size_t(bytes));
  return taken;
}

int64_t AvroReader::MultiByteLong() {
  uint64_t value = 0;
  const size_t most = std::min<size_t>(rest.size(), 10);
  for (size_t i = 0; i < most; ++i) {
    const auto byte = uint8_t(rest[i]);
    value |= uint64_t(byte & 0x7F) << (7 * i);
    if (byte & 0x80) continue;
    rest.remove_prefix(i + 1);
    return int64_t(value >> 1) ^ -int64_t(value & 1);
  }
  failed = true;
  rest = {};
  return 0;
}

const AvroSchema& AvroReader::Branch(const AvroSchema& schema) {
  static const AvroSchema null;
  const int64_t branch = Long();
  if (branch >= 0 && branch < int64_t(schema.members.size())) return *schema.members[size_t(branch)].schema;
  failed = true;
  return null;
}

int64_t AvroReader::Items() {
  int64_t count = Long();
  if (count < 0) count = -count, Long();  // a byte size follows a negative count
  if (count < 0 || count > int64_t(rest.size())) failed = true;
  return failed ? 0 : count;
}

AvroValue AvroReader::Value(const AvroSchema& schema, int depth) {
  if (depth > kDepthMax) failed = true;
  if (failed) return {};
  switch (schema.kind) {
    case AvroKind::kNull:
      return {};
    case AvroKind::kBoolean:
      return Take(1) == std::string_view("\1", 1);
    case AvroKind::kInt:
    case AvroKind::kEnum:
    case AvroKind::kLong:
      return Long();
    case AvroKind::kFloat:
      return Raw<float>();
    case AvroKind::kDouble:
      return Raw<double>();
    case AvroKind::kBytes:
    case AvroKind::kString:
      return std::string(Bytes());
    case AvroKind::kFixed:
      return std::string(Take(schema.fixed_bytes));
    case AvroKind::kUnion:
      return Value(Branch(schema), depth + 1);
    case AvroKind::kRecord: {
      AvroValue::List list;
      list.reserve(schema.members.size());
      for (const auto& member : schema.members) list.push_back(Value(*member.schema, depth + 1));
      return list;
    }
    case AvroKind::kArray:
    case AvroKind::kMap: {
      AvroValue::List list;
      while (const int64_t count = Items())
        for (int64_t i = 0; i < count && !failed; ++i) {
          if (schema.kind == AvroKind::kArray) {
            list.push_back(Value(*schema.members[0].schema, depth + 1));
            continue;
          }
          AvroValue::List pair{AvroValue(std::string(Bytes()))};
          pair.push_back(Value(*schema.members[0].schema, depth + 1));
          list.emplace_back(std::move(pair));
        }
      return failed ? AvroValue() : AvroValue(std::move(list));
    }
  }
  return {};
}

void AvroReader::Skip(const AvroSchema& schema, int depth) {
  if (depth > kDepthMax) failed = true;
  if (failed) return;
  switch (schema.kind) {
    case AvroKind::kNull:
      return;
    case AvroKind::kBoolean:
      Take(1);
      return;
    case AvroKind::kInt:
    case AvroKind::kEnum:
    case AvroKind::kLong:
      Long();
      return;
    case AvroKind::kFloat:
      Take(4);
      return;
    case AvroKind::kDouble:
      Take(8);
      return;
    case AvroKind::kBytes:
    case AvroKind::kString:
      Bytes();
      return;
    case AvroKind::kFixed:
      Take(schema.fixed_bytes);
      return;
    case AvroKind::kUnion:
      return Skip(Branch(schema), depth + 1);
    case AvroKind::kRecord:
      for (const auto& member : schema.members) Skip(*member.schema, depth + 1);
      return;
    case AvroKind::kArray:
    case AvroKind::kMap:
      while (const int64_t count = Items())
        for (int64_t i = 0; i < count && !failed; ++i) {
          if (schema.kind == AvroKind::kMap) Bytes();
          Skip(*schema.members[0].schema, depth + 1);
        }
      return;
  }
}

}  // namespace ingot::avro
