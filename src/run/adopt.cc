#include "run/adopt.h"

namespace ingot::run {

Result<std::string> SampleDiffers(const stage::Environment&, const TablePlan&) {
  return std::string();
}

}  // namespace ingot::run
