#include "gold/quantile.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "gold/merge_into.h"
#include "gold/per_group.h"

namespace ingot::gold {
namespace {

/// NaN is greater than all numbers.
constexpr auto Before = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };

/// A value and its number of occurrences, in 12 bytes.
struct __attribute__((packed)) Counted {
  double value;
  uint32_t count;
};

/// Values in order of arrival; for a settled group, also the sorted distinct values with their counts.
struct Values {
  std::vector<double> loose;
  std::vector<Counted> sorted;
  uint64_t settled = 0;  // the sum of counts
  uint64_t parted = 0;   // loose values before this index are not greater than it, later ones not smaller

  void Add(double value) {
    loose.push_back(value);
    parted = 0;
  }

  /// Only new distinct values move settled ones.
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
    parted = 0;
    MergeInto(sorted, fresh, [](const Counted& a, const Counted& b) { return Before(a.value, b.value); });
  }

  void Merge(Values& other) {
    if (loose.empty() && sorted.empty()) {
      *this = std::move(other);
      return;
    }
    loose.insert(loose.end(), other.loose.begin(), other.loose.end());
    for (const Counted counted : other.sorted) loose.insert(loose.end(), counted.count, counted.value);
    parted = 0;
    other = {};
  }

  size_t HeapBytes() const { return loose.capacity() * sizeof(double) + sorted.capacity() * sizeof(Counted); }

  /// Returns the values at these ranks, counted from 0. `high` is `low` or the next rank.
  std::pair<double, double> At(uint64_t low, uint64_t high) {
    if (sorted.empty()) {
      // The previous query has already partitioned the values at its rank.
      const auto middle = loose.begin() + int64_t(low), parting = loose.begin() + int64_t(parted);
      if (low >= parted)
        std::nth_element(parting, middle, loose.end(), Before);
      else
        std::nth_element(loose.begin(), middle, parting, Before);
      parted = low;
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

class Quantiles : public PerGroup<Values> {
 public:
  Status Add(const arrow::Array* values, std::span<const uint32_t> groups, size_t count) override {
    MakeRoom(count);
    ForEachNumber(*values, [&](size_t row, double value) { states_[groups[row]].Add(value); });
    return {};
  }

  Result<std::shared_ptr<arrow::Array>> Value(const pipeline::Expression& call, std::span<const uint32_t> groups,
                                              int threads) override {
    const std::string& text = call.arguments[1].text;
    double share = -1;
    std::from_chars(text.data(), text.data() + text.size(), share);
    if (!(share >= 0 && share <= 1)) return Fail(ErrorKind::kBadConfig, "quantile(x, q): q must be from 0 to 1");
    std::vector<std::optional<double>> found(states_.size());
    INGOT_TRY(ForEachInParallel(threads, groups.size(), [&](size_t, size_t i) -> Status {
      found[groups[i]] = states_[groups[i]].Quantile(share);
      return {};
    }));
    return Build<arrow::DoubleBuilder>(groups, [&](uint32_t group) { return found[group]; });
  }
};

}  // namespace

std::unique_ptr<Aggregate> MakeQuantile() {
  return std::make_unique<Quantiles>();
}

}  // namespace ingot::gold
