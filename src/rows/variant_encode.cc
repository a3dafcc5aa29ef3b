// Encodes JSON documents as variants.
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "rows/variant.h"
#include "rows/variant_format.h"

namespace ingot::rows {
namespace {

using namespace variant;
namespace ondemand = simdjson::ondemand;

constexpr size_t kShortTextMax = 63;

struct Member;

/// A JSON value. Numbers keep their text, since a double would lose digits.
struct Node {
  enum class Kind { kNull, kTrue, kFalse, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;
  std::vector<Member> items;  // members of objects are sorted by name; of duplicate names the last one is kept
};

struct Member {
  std::string name;  // empty in an array
  Node value;
};

/// The text of a number. Throws for an invalid JSON number.
std::string NumberToken(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
  const char *at = token.data(), *const end = at + token.size();
  const auto digits = [&] {
    const char* const begin = at;
    while (at < end && *at >= '0' && *at <= '9') ++at;
    return at - begin;
  };
  const auto take = [&](std::string_view any) {
    const bool found = at < end && any.find(*at) != std::string_view::npos;
    at += found;
    return found;
  };
  take("-");
  bool good = take("0") || digits() > 0;
  if (take(".")) good = digits() > 0 && good;
  if (take("eE")) {
    take("+-");
    good = digits() > 0 && good;
  }
  if (!good || at != end) throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
  return std::string(token);
}

Node NodeFrom(ondemand::value value) {
  Node node;
  switch (value.type().value()) {
    case ondemand::json_type::object: {
      node.kind = Node::Kind::kObject;
      std::map<std::string, Node> members;
      for (auto field : value.get_object()) {
        std::string name(std::string_view(field.unescaped_key()));
        members[std::move(name)] = NodeFrom(field.value());
      }
      for (auto& [name, member] : members) node.items.push_back({name, std::move(member)});
      return node;
    }
    case ondemand::json_type::array:
      node.kind = Node::Kind::kArray;
      for (auto item : value.get_array()) node.items.push_back({"", NodeFrom(item.value())});
      return node;
    case ondemand::json_type::string:
      node.kind = Node::Kind::kText;
      node.text = std::string_view(value.get_string());
      return node;
    case ondemand::json_type::boolean:
      node.kind = value.get_bool().value() ? Node::Kind::kTrue : Node::Kind::kFalse;
      return node;
    case ondemand::json_type::number:
      node.kind = Node::Kind::kNumber;
      node.text = NumberToken(value);
      return node;
    default:
      if (!value.is_null()) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
      return node;
  }
}

void CollectNames(const Node& node, std::set<std::string_view>& names) {
  for (const auto& [name, member] : node.items) {
    if (node.kind == Node::Kind::kObject) names.insert(name);
    CollectNames(member, names);
  }
}

void AppendNumber(uint64_t value, size_t bytes, std::string& to) {
  for (size_t i = 0; i < bytes; ++i) to += char(value >> (8 * i));
}

size_t BytesFor(uint64_t value) {
  size_t bytes = 1;
  while (bytes < 4 && value >> (8 * bytes) != 0) ++bytes;
  return bytes;
}

class Encoder {
 public:
  explicit Encoder(const Node& document) {
    std::set<std::string_view> names;
    CollectNames(document, names);
    names_.assign(names.begin(), names.end());
  }

  std::string Metadata() const {
    size_t total = 0;
    for (const std::string_view name : names_) total += name.size();
    const size_t width = BytesFor(std::max(total, names_.size()));
    std::string out(1, char(1 | 1 << 4 | (width - 1) << 6));  // version 1, sorted
    AppendNumber(names_.size(), width, out);
    size_t offset = 0;
    AppendNumber(0, width, out);
    for (const std::string_view name : names_) AppendNumber(offset += name.size(), width, out);
    for (const std::string_view name : names_) out += name;
    return out;
  }

  std::string Value(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::kNull:
        return Header(kNull);
      case Node::Kind::kTrue:
        return Header(kTrue);
      case Node::Kind::kFalse:
        return Header(kFalse);
      case Node::Kind::kNumber:
        return Number(node.text);
      case Node::Kind::kText:
        return Text(node.text);
      case Node::Kind::kArray: {
        std::vector<std::string> items;
        for (const auto& [name, item] : node.items) items.push_back(Value(item));
        return Joined(kArray, {}, items);
      }
      case Node::Kind::kObject:
        return Object(node);
    }
    return Header(kNull);
  }

 private:
  static std::string Header(Primitive type) { return std::string(1, char(type << 2 | kPrimitive)); }

  static std::string Integer(int64_t value) {
    const auto fits = [&](int bits) {
      return value >= -(int64_t(1) << (bits - 1)) && value < int64_t(1) << (bits - 1);
    };
    const auto [type, bytes] = fits(8)    ? std::pair(kInt8, 1)
                               : fits(16) ? std::pair(kInt16, 2)
                               : fits(32) ? std::pair(kInt32, 4)
                                          : std::pair(kInt64, 8);
    std::string out = Header(type);
    AppendNumber(uint64_t(value), size_t(bytes), out);
    return out;
  }

  /// Integers within 64 bits are encoded as such; numbers of up to 38 digits without exponent as exact decimals; others
  /// as the nearest double; those beyond the range of double as text, so that no digit is lost.
  static std::string Number(const std::string& text) {
    int64_t whole = 0;
    const char* end = text.data() + text.size();
    if (const auto parsed = std::from_chars(text.data(), end, whole); parsed.ec == std::errc() && parsed.ptr == end)
      return Integer(whole);
    const bool plain = text.find_first_of("eE") == std::string::npos;
    const size_t point = text.find('.'), digits = size_t(std::ranges::count_if(text, [](char c) { return c >= '0'; }));
    if (plain && digits <= 38) {
      __int128 unscaled = 0;
      for (const char c : text)
        if (c >= '0') unscaled = unscaled * 10 + (c - '0');
      if (text[0] == '-') unscaled = -unscaled;
      const auto [type, bytes] = digits <= 9    ? std::pair(kDecimal4, 4)
                                 : digits <= 18 ? std::pair(kDecimal8, 8)
                                                : std::pair(kDecimal16, 16);
      std::string out = Header(type);
      out += char(point == std::string::npos ? 0 : text.size() - point - 1);
      for (int i = 0; i < bytes; ++i) out += char(unscaled >> (8 * i));
      return out;
    }
    double number = 0;
    if (std::from_chars(text.data(), end, number).ec != std::errc()) return Text(text);
    uint64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    std::string out = Header(kDouble);
    AppendNumber(bits, 8, out);
    return out;
  }

  static std::string Text(const std::string& text) {
    if (text.size() <= kShortTextMax) return std::string(1, char(text.size() << 2 | kShortText)) + text;
    std::string out = Header(kText);
    AppendNumber(text.size(), 4, out);
    return out + text;
  }

  std::string Object(const Node& node) const {
    std::vector<uint64_t> ids;
    std::vector<std::string> values;
    for (const auto& [name, member] : node.items) {
      ids.push_back(uint64_t(std::ranges::lower_bound(names_, std::string_view(name)) - names_.begin()));
      values.push_back(Value(member));
    }
    return Joined(kObject, ids, values);
  }

  static std::string Joined(Basic type, const std::vector<uint64_t>& ids, const std::vector<std::string>& values) {
    size_t total = 0;
    for (const std::string& value : values) total += value.size();
    const size_t offset_width = BytesFor(total), id_width = ids.empty() ? 1 : BytesFor(*std::ranges::max_element(ids));
    const bool large = values.size() > 255;
    const size_t header = type == kObject ? (offset_width - 1) | (id_width - 1) << 2 | size_t(large) << 4
                                          : (offset_width - 1) | size_t(large) << 2;
    std::string out(1, char(header << 2 | type));
    AppendNumber(values.size(), large ? 4 : 1, out);
    for (const uint64_t id : ids) AppendNumber(id, id_width, out);
    size_t offset = 0;
    AppendNumber(0, offset_width, out);
    for (const std::string& value : values) AppendNumber(offset += value.size(), offset_width, out);
    for (const std::string& value : values) out += value;
    return out;
  }

  std::vector<std::string_view> names_;
};

}  // namespace

Result<VariantBytes> VariantFromJson(std::string_view text) try {
  // Wrapped in an array, as the parser treats a document that is a single number differently.
  const simdjson::padded_string padded("[" + std::string(text) + "]");
  ondemand::parser parser;
  ondemand::document document = parser.iterate(padded);
  std::vector<Node> documents;
  for (auto value : document.get_array()) documents.push_back(NodeFrom(value.value()));
  if (documents.size() != 1 || !document.at_end()) return Fail(ErrorKind::kBadInput, "variant: not JSON");
  const Encoder encoder(documents[0]);
  return VariantBytes{encoder.Metadata(), encoder.Value(documents[0])};
} catch (const simdjson::simdjson_error& problem) {
  return Fail(ErrorKind::kBadInput, std::string("variant: not JSON: ") + problem.what());
}

}  // namespace ingot::rows
