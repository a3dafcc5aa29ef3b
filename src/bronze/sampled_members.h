// The members of a sample of records, by their paths: which exist, how often they have a value, and of what kind.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

/// The steps of a path: keys, and kElement for an element of an array, whatever its index.
using Steps = std::vector<std::string>;
inline constexpr const char* kElement = "[]";

Steps StepsOf(const pipeline::Path& path);
/// The path as a pipeline file has it, with the first element of arrays, e.g. $.items[0].sku.
std::string PathText(const Steps& steps);
std::string PathText(const pipeline::Path& path);

/// The value at the end of a path; nullptr if there is none or it is null.
const nlohmann::json* ValueAt(const nlohmann::json& record, const pipeline::Path& path);

struct Member {
  int64_t records = 0;                                                                // that have it
  int64_t values = 0;                                                                 // records where it is not null
  bool text = false, number = false, boolean = false, object = false, array = false;  // kinds of its values

  bool Scalar() const { return text || number || boolean; }
};

class SampledMembers {
 public:
  /// Input: records as JSON. Those that are not objects are ignored, as are members beyond kMembersMax.
  explicit SampledMembers(std::span<const std::string> records);

  /// The records that are objects.
  int64_t Records() const { return records_; }
  const std::map<Steps, Member>& All() const { return members_; }
  /// nullptr if no record has it.
  const Member* Find(const Steps& steps) const;

 private:
  int64_t records_ = 0;
  std::map<Steps, Member> members_;
};

}  // namespace ingot::bronze
