#include "silver/recent_rows.h"

namespace ingot::silver {

void RecentRows::Add(int64_t now_micros, const stage::RuleCounts& published) {
  while (!published_.empty() && published_.front().at_micros < now_micros - kGateMicros) published_.pop_front();
  published_.push_back({now_micros, published});
}

stage::RuleCounts RecentRows::With(const stage::RuleCounts& pending, int64_t rows_min, int64_t now_micros) const {
  stage::RuleCounts counts = pending;
  for (auto batch = published_.rbegin(); batch != published_.rend() && counts.rows < rows_min; ++batch)
    if (batch->at_micros >= now_micros - kGateMicros) counts.Add(batch->counts);
  return counts;
}

}  // namespace ingot::silver
