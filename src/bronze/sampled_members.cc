#include "bronze/sampled_members.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;

constexpr size_t kMembersMax = 4000, kDepthMax = 8, kElementsMax = 20;

/// Adds the members of a value to `found`, each once for a record.
class Visit {
 public:
  Visit(std::map<Steps, Member>& members) : members_(members) {}

  void Into(const Json& value) {
    if (at_.size() >= kDepthMax) return;
    if (value.is_object())
      for (const auto& [key, child] : value.items()) Enter(key, child);
    if (value.is_array())
      for (size_t i = 0; i < std::min(value.size(), kElementsMax); ++i) Enter(kElement, value[i]);
  }

 private:
  void Enter(const std::string& step, const Json& value) {
    at_.push_back(step);
    if (members_.contains(at_) || members_.size() < kMembersMax) Count(value);
    Into(value);
    at_.pop_back();
  }

  void Count(const Json& value) {
    Member& member = members_[at_];
    if (seen_.insert(at_).second) ++member.records;
    if (value.is_null()) return;
    if (with_value_.insert(at_).second) ++member.values;
    member.text |= value.is_string();
    member.number |= value.is_number();
    member.boolean |= value.is_boolean();
    member.object |= value.is_object();
    member.array |= value.is_array();
  }

  std::map<Steps, Member>& members_;
  Steps at_;
  std::set<Steps> seen_, with_value_;
};

}  // namespace

Steps StepsOf(const pipeline::Path& path) {
  Steps steps;
  for (const pipeline::PathStep& step : path) steps.push_back(step.index ? kElement : step.key);
  return steps;
}

std::string PathText(const Steps& steps) {
  std::string text = "$";
  for (const std::string& step : steps)
    if (step == kElement)
      text += "[0]";
    else if (step.find_first_of(".[]'\"") != std::string::npos)
      text += step.find('\'') == std::string::npos ? "['" + step + "']" : "[\"" + step + "\"]";
    else
      text += "." + step;
  return text;
}

std::string PathText(const pipeline::Path& path) {
  std::string text = "$";
  for (const pipeline::PathStep& step : path)
    text += step.index ? "[" + std::to_string(*step.index) + "]" : PathText(Steps{step.key}).substr(1);
  return text;
}

const Json* ValueAt(const Json& record, const pipeline::Path& path) {
  const Json* at = &record;
  for (const pipeline::PathStep& step : path) {
    if (!step.index) {
      const auto member = at->is_object() ? at->find(step.key) : at->end();
      if (!at->is_object() || member == at->end()) return nullptr;
      at = &*member;
      continue;
    }
    if (!at->is_array()) return nullptr;
    const int64_t index = *step.index < 0 ? int64_t(at->size()) + *step.index : *step.index;
    if (index < 0 || index >= int64_t(at->size())) return nullptr;
    at = &(*at)[size_t(index)];
  }
  return at->is_null() ? nullptr : at;
}

SampledMembers::SampledMembers(std::span<const std::string> records) {
  for (const std::string& record : records) {
    const Json json = Json::parse(record, nullptr, false);
    if (!json.is_object()) continue;
    ++records_;
    Visit(members_).Into(json);
  }
}

const Member* SampledMembers::Find(const Steps& steps) const {
  const auto found = members_.find(steps);
  return found == members_.end() ? nullptr : &found->second;
}

}  // namespace ingot::bronze
