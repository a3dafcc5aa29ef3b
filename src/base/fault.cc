#include "base/fault.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace ingot {
namespace {

struct FaultSpec {
  bool active = false;
  bool trace = false;
  std::string point;
  int hit = 1;
  std::string action = "kill";
  std::atomic<int> hits{0};

  FaultSpec() {
    trace = std::getenv("INGOT_FAULT_TRACE") != nullptr;
    const char* text = std::getenv("INGOT_FAULT");
    active = trace || text != nullptr;
    if (text == nullptr) return;
    point = text;
    if (const auto equals = point.find('='); equals != std::string::npos) {
      action = point.substr(equals + 1);
      point.resize(equals);
    }
    if (const auto colon = point.find(':'); colon != std::string::npos) {
      hit = std::atoi(point.c_str() + colon + 1);
      point.resize(colon);
    }
  }
};

}  // namespace

Status FaultPoint(std::string_view point) {
  static FaultSpec spec;
  if (!spec.active) return {};
  if (spec.trace) std::fprintf(stderr, "fault point %.*s\n", int(point.size()), point.data());
  if (point != spec.point || spec.hits.fetch_add(1) + 1 != spec.hit) return {};
  if (spec.action == "kill") std::raise(SIGKILL);
  if (spec.action == "stop") std::raise(SIGSTOP);
  if (spec.action == "fail") return Fail(ErrorKind::kRetry, "injected fault at " + std::string(point));
  if (spec.action == "unknown")
    return Fail(ErrorKind::kOutcomeUnknown, "injected lost response at " + std::string(point));
  return {};
}

}  // namespace ingot
