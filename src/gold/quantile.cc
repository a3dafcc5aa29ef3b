#include "gold/quantile.h"

#include <arrow/api.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/arrow_result.h"
#include "base/parallel.h"
#include "gold/group_table.h"
#include "gold/merge_into.h"

namespace ingot::gold {
namespace {

bool Before(double a, double b) {
  return std::isnan(a) ? false : std::isnan(b) || a < b;
}

/// A value that is there `count` times, in 12 bytes.
struct __attribute__((packed)) Counted {
  double value;
  uint32_t count;
};

/// Values as they came, and, of a group that was settled, sorted distinct values with how often each is there.
struct Values {
  std::vector<double> loose;
  std::vector<Counted> sorted;
  uint64_t settled = 0;  // the sum of counts

  /// The settled values stay where they are: only those that are new move others.
  void Settle() {
    if (loose.empty()) return;
    std::ranges::sort(loose, Before);
    std::vector<Counted> fresh;
    size_t i = 0;
    for (const double value : loose) {
      while (i < sorted.size() && Before(sorted[i].value, value)) ++i;
      const bool known = i < sorted.size() && !Before(value, sorted[i].value) &&
                         sorted[i].count < std::numeric_limits<uint32_t>::max();
      const bool again = !fresh.empty() && !Before(fresh.back().value, value);
      if (known)
        ++sorted[i].count;
      else if (again)
        ++fresh.back().count;
      else
        fresh.push_back({value, 1});
    }
    settled += loose.size();
    loose = {};
    MergeInto(sorted, fresh, [](const Counted& a, const Counted& b) { return Before(a.value, b.value); });
  }

  void Merge(Values& other) {
    if (loose.empty() && sorted.empty()) {
      *this = std::move(other);
      return;
    }
    loose.insert(loose.end(), other.loose.begin(), other.loose.end());
    for (const Counted counted : other.sorted) loose.insert(loose.end(), counted.count, counted.value);
    other = {};
  }

  /// The values with these ranks, counted from 0; `high` is `low` or the next.
  std::pair<double, double> At(uint64_t low, uint64_t high) {
    if (sorted.empty()) {
      const auto middle = loose.begin() + int64_t(low);
      std::nth_element(loose.begin(), middle, loose.end(), Before);
      return {*middle, high == low ? *middle : *std::min_element(middle + 1, loose.end(), Before)};
    }
    Settle();
    size_t i = 0;
    uint64_t passed = sorted[0].count;
    while (passed <= low) passed += sorted[++i].count;
    const double first = sorted[i].value;
    return {first, passed > high ? first : sorted[i + 1].value};
  }

  std::optional<double> Quantile(double share) {
    const uint64_t count = settled + loose.size();
    if (count == 0) return std::nullopt;
    const double rank = double(count - 1) * share, low = std::floor(rank);
    const auto [a, b] = At(uint64_t(low), uint64_t(std::ceil(rank)));
    return a == b ? a : a + (b - a) * (rank - low);
  }
};

class Quantiles : public Aggregate {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    groups_.resize(std::max(groups_.size(), count));
    const auto scan = [&](const auto* numbers) {
      for (size_t row = 0; row < groups.size(); ++row)
        if (values->null_count() == 0 || values->IsValid(int64_t(row)))
          groups_[groups[row]].loose.push_back(double(numbers[row]));
    };
    if (values->type_id() == arrow::Type::INT64)
      scan(values->data()->GetValues<int64_t>(1));
    else
      scan(values->data()->GetValues<double>(1));
    return {};
  }

  Status Merge(Aggregate& other, std::span<const uint32_t> group, size_t count) override {
    auto& from = static_cast<Quantiles&>(other).groups_;
    groups_.resize(std::max(groups_.size(), count));
    for (size_t i = 0; i < from.size(); ++i)
      if (group[i] != GroupTable::kNone) groups_[group[i]].Merge(from[i]);
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression& call, std::span<const uint32_t> groups,
                                              int threads) override {
    const std::string& text = call.arguments[1].text;
    double share = -1;
    std::from_chars(text.data(), text.data() + text.size(), share);
    if (!(share >= 0 && share <= 1)) return Fail(ErrorKind::kBadConfig, "quantile(x, q): q must be from 0 to 1");
    std::vector<std::optional<double>> found(groups.size());
    INGOT_TRY(ForEachInParallel(threads, groups.size(), [&](size_t, size_t i) -> Status {
      found[i] = groups_[groups[i]].Quantile(share);
      return {};
    }));
    arrow::DoubleBuilder builder;
    for (const auto& value : found) INGOT_ARROW(value ? builder.Append(*value) : builder.AppendNull());
    INGOT_ARROW_ASSIGN(auto array, builder.Finish());
    return array;
  }

  void Settle(std::span<const uint32_t> groups, int threads) override {
    (void)ForEachInParallel(threads, groups.size(), [&](size_t, size_t i) -> Status {
      groups_[groups[i]].Settle();
      return {};
    });
  }

  size_t Bytes() const override {
    size_t bytes = 0;
    for (const Values& values : groups_)
      bytes += sizeof(Values) + values.loose.capacity() * sizeof(double) + values.sorted.capacity() * sizeof(Counted);
    return bytes;
  }

 private:
  std::vector<Values> groups_;
};

}  // namespace

std::unique_ptr<Aggregate> MakeQuantile() {
  return std::make_unique<Quantiles>();
}

}  // namespace ingot::gold
