#include "bronze/field_cause.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/spelling.h"
#include "bronze/sampled_members.h"

namespace ingot::bronze {
namespace {

using pipeline::FieldSpec;
using pipeline::Pipeline;

constexpr int kUnrelated = std::numeric_limits<int>::max() / 2;
// The cost of a proposal: the sum over the steps of a path, or one of these.
constexpr int kCaseCost = 1, kElementCost = 1, kSpeltTogetherCost = 3, kOtherParentCost = 6, kLongerNameCost = 7;
constexpr int kCostMax = 8, kCloseCost = 2;

/// The name without case and separators: userId, user_id and "User ID" are one.
std::string Folded(std::string_view name) {
  std::string folded;
  for (const char c : name)
    if (uint8_t(c) >= 0x80 || std::isalnum(uint8_t(c))) folded += char(std::tolower(uint8_t(c)));
  return folded;
}

std::string Folded(const Steps& steps) {
  std::string folded;
  for (const std::string& step : steps) folded += Folded(step);
  return folded;
}

int StepCost(const std::string& wanted, const std::string& found) {
  if (wanted == found) return 0;
  if (wanted == kElement || found == kElement) return kUnrelated;
  const std::string a = Folded(wanted), b = Folded(found);
  if (a == b && !a.empty()) return kCaseCost;
  const size_t distance = EditDistance(a, b), allowed = std::clamp<size_t>(a.size() / 3, 1, 3);
  return a.size() < 2 || distance > allowed ? kUnrelated : kCaseCost + int(distance);
}

/// How far a path is from the wanted one; kUnrelated or more if it is no proposal.
int Cost(const Steps& wanted, const Steps& found) {
  int cost = wanted.size() == found.size() ? 0 : kUnrelated;
  for (size_t i = 0; i < wanted.size() && cost < kUnrelated; ++i) cost += StepCost(wanted[i], found[i]);
  if (cost < kUnrelated) return cost;
  const auto without_elements = [](Steps steps) {
    std::erase(steps, kElement);
    return steps;
  };
  if (without_elements(wanted) == without_elements(found)) return kElementCost;
  if (Folded(wanted) == Folded(found)) return kSpeltTogetherCost;
  const std::string a = Folded(wanted.back()), b = Folded(found.back());
  if (a.empty() || b.empty()) return kUnrelated;
  if (a == b) return kOtherParentCost;
  const bool same_parent = wanted.size() == found.size() && std::equal(wanted.begin(), wanted.end() - 1, found.begin());
  const bool longer = std::min(a.size(), b.size()) >= 3 && (a.find(b) != a.npos || b.find(a) != b.npos);
  return same_parent && longer ? kLongerNameCost : kUnrelated;
}

bool Fits(const FieldSpec& field, const Member& member) {
  using iceberg::TypeId;
  switch (field.type.id) {
    case TypeId::kBoolean:
      return member.boolean;
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      return member.number || (field.coerce && member.text);
    case TypeId::kTimestamptz:
    case TypeId::kTimestamptzNs:
      return field.time_format == pipeline::TimeFormat::kRfc3339 ? member.text : member.number;
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return member.text;
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return true;
  }
  return true;
}

bool DifferOnlyInDigits(const Steps& a, const Steps& b) {
  const auto without_digits = [](const Steps& steps) {
    std::string text = PathText(steps);
    std::erase_if(text, [](char c) { return std::isdigit(uint8_t(c)); });
    return text;
  };
  return without_digits(a) == without_digits(b);
}

/// Written in a YAML map in braces.
std::string InFile(const std::string& path) {
  const bool plain = std::ranges::all_of(
      path, [](char c) { return std::isalnum(uint8_t(c)) || c == '_' || c == '.' || c == '$' || c == '-'; });
  if (plain) return path;
  return path.find('"') == std::string::npos ? "\"" + path + "\"" : "'" + path + "'";
}

class Search {
 public:
  Search(const Pipeline& pipeline, const FieldSpec& field, std::span<const std::string> without,
         std::span<const std::string> with)
      : field_(field), members_(without), beside_(with) {
    for (const FieldSpec& other : pipeline.fields)
      for (const pipeline::Path& path : other.from)
        if (&other != &field) taken_.insert(StepsOf(path));
  }

  FieldCause Run() const {
    FieldCause cause;
    for (const pipeline::Path& path : field_.from) {
      const Member* member = members_.Find(StepsOf(path));
      if (member == nullptr) continue;
      cause.occurs = true;
      cause.text = member->values == 0
                       ? fmt::format("the records have {}, but it is null", PathText(path))
                       : fmt::format("the values of {} do not fit: see _error of bronze", PathText(path));
      return cause;
    }
    const std::string path = PathText(field_.from.front());
    if (const Steps* best = Nearest()) {
      cause.likeliest = PathText(*best);
      cause.text = fmt::format("the records have no {}, but they have {}: write from: {}", path, cause.likeliest,
                               InFile(cause.likeliest));
      return cause;
    }
    cause.text = fmt::format("the records have no {}{}", path, Parent());
    const std::string unread = Unread();
    if (!unread.empty()) cause.text += "; no field reads " + unread;
    cause.text += ". If few records have it, write rare: true";
    return cause;
  }

 private:
  /// The nearest path that has a value and that no field reads; nullptr if there is none, or if several are as near.
  const Steps* Nearest() const {
    const Steps* best = nullptr;
    std::pair<int, bool> least{kCostMax, true};
    bool several = false;
    for (const auto& [steps, member] : members_.All()) {
      if (!member.Scalar() || beside_.Find(steps) != nullptr) continue;
      const std::pair<int, bool> rank{CostOf(steps), !Fits(field_, member)};
      several = rank < least ? false : several || rank == least;
      if (rank < least) best = &steps, least = rank;
    }
    return several && least.first >= kOtherParentCost ? nullptr : best;
  }

  int CostOf(const Steps& steps) const {
    int least = kUnrelated;
    for (const pipeline::Path& path : field_.from) {
      const Steps wanted = StepsOf(path);
      const int cost = Cost(wanted, steps);
      // Another field may read the member that was meant, but a series such as price1, price2 is no misspelling.
      const bool series = DifferOnlyInDigits(wanted, steps) || Folded(wanted.back()).size() < 4 || cost > kCloseCost;
      if (!taken_.contains(steps) || !series) least = std::min(least, cost);
    }
    return least;
  }

  /// What is known of the members above the path.
  std::string Parent() const {
    const pipeline::Path& path = field_.from.front();
    for (size_t size = path.size() - 1; size > 0; --size) {
      const pipeline::Path above(path.begin(), path.begin() + ptrdiff_t(size));
      const Member* member = members_.Find(StepsOf(above));
      if (member == nullptr) continue;
      const bool element = path[size].index.has_value();
      if (member->values > 0 && !(element ? member->array : member->object))
        return fmt::format(": {} is {}, not {}", PathText(above),
                           member->array    ? "an array"
                           : member->object ? "an object"
                                            : "a single value",
                           element ? "an array" : "an object");
      return size + 1 == path.size() ? fmt::format(", although they have {}", PathText(above))
                                     : fmt::format(": they have {}, but nothing of that name in it", PathText(above));
    }
    return "";
  }

  std::string Unread() const {
    constexpr size_t kShownMax = 6;
    std::vector<std::string> names;
    for (const auto& [steps, member] : members_.All())
      if (member.Scalar() && !taken_.contains(steps) && beside_.Find(steps) == nullptr)
        names.push_back(PathText(steps));
    const bool more = names.size() > kShownMax;
    names.resize(std::min(names.size(), kShownMax));
    return fmt::format("{}{}", fmt::join(names, ", "), more ? ", …" : "");
  }

  const FieldSpec& field_;
  const SampledMembers members_, beside_;  // of records without, and with a value for the field
  std::set<Steps> taken_;
};

}  // namespace

FieldCause CauseOf(const Pipeline& pipeline, const FieldSpec& field, std::span<const std::string> records) {
  std::vector<std::string> without, with;
  for (const std::string& record : records) {
    const auto json = nlohmann::json::parse(record, nullptr, false);
    const bool has =
        std::ranges::any_of(field.from, [&](const pipeline::Path& path) { return ValueAt(json, path) != nullptr; });
    (has ? with : without).push_back(record);
  }
  if (without.empty()) std::swap(with, without);  // all have values, which do not fit
  return Search(pipeline, field, without, with).Run();
}

}  // namespace ingot::bronze
