#include "sample_definition.h"

namespace ingot::pipeline {
namespace {

// Goal:   each change of a group or measure has its class and its line.
// Method: one edit of each kind.
TEST(GoldDifference, Lines) {
  Check({
      {{{"date(at), kind: kind", "date(at), kind: kind, id: id"}}, {"gold: needs a choice: group id: added as id"}},
      {{{"date(at), kind: kind", "date(at)"}}, {"gold: needs a choice: group kind: removed"}},
      {{{"date: date(at)", "date: hour(at)"}}, {"gold: needs a choice: group date: date(at) -> hour(at)"}},
      {{{"sum(amount)", "avg(amount)"}}, {"gold: needs a choice: measure total: sum(amount) -> avg(amount)"}},
      {{{"sum(amount)", "sum(amount), users: count(distinct id)"}},
       {"gold: needs a choice: measure users: added as count(distinct id)"}},
      {{{"total: sum(amount), ", ""}}, {"gold: exact going forward: measure total: removed"}},
      {{{"total: sum", "sum: sum"}},
       {"gold: needs a choice: measure sum: added as sum(amount)",
        "gold: exact going forward: measure total: removed"}},
  });
}

}  // namespace
}  // namespace ingot::pipeline
