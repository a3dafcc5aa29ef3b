// The rows that a follower published in the last minute. A few broken rows that come alone are judged together with
// them: otherwise one broken row of three would hold a good stream back.
#pragma once

#include <cstdint>
#include <deque>

#include "stage/held_rows.h"

namespace ingot::silver {

inline constexpr int64_t kGateMicros = 60'000'000;  // the time in which a follower decides

class RecentRows {
 public:
  void Add(int64_t now_micros, const stage::RuleCounts& published);
  void Clear() { published_.clear(); }

  /// `pending`, and if these are fewer than `rows_min`, the rows published in the last minute, newest first, until
  /// they are enough.
  stage::RuleCounts With(const stage::RuleCounts& pending, int64_t rows_min, int64_t now_micros) const;

 private:
  struct Published {
    int64_t at_micros;
    stage::RuleCounts counts;
  };
  std::deque<Published> published_;  // oldest first
};

}  // namespace ingot::silver
