#include "sample_definition.h"

namespace ingot::pipeline {
namespace {

// Goal:   each change of computed fields, rules, fixes and keys has its class and its line, here and in gold.
// Method: one edit of each kind.
TEST(SilverDifference, Lines) {
  Check({
      {{{"speed * 2", "(speed + 1) * 2"}},
       {"silver: needs a choice: field twice: speed * 2 -> (speed + 1) * 2",
        "gold: metadata only: (silver) silver changed in what this table does not use"}},
      {{{"twice:  {type: double, compute: \"speed * 2\"}",
         "twice:  {type: double, compute: \"speed * 2\"}\n  thrice: {type: double, compute: \"speed * 3\"}"}},
       {"silver: needs a choice: field thrice: added as speed * 3",
        "gold: metadata only: (silver) silver changed in what this table does not use"}},
      {{{"  twice:  {type: double, compute: \"speed * 2\"}\n", ""}},
       {"silver: exact going forward: field twice: removed",
        "gold: metadata only: (silver) silver changed in what this table does not use"}},
      {{{"twice:  ", "double: "}},
       {"silver: needs a choice: field double: added as speed * 2", "silver: exact going forward: field twice: removed",
        "gold: metadata only: (silver) silver changed in what this table does not use"}},
      {{{"amount > 0", "amount >= 0"}},
       {"silver: needs a choice: rule positive: amount > 0 -> amount >= 0",
        "gold: needs a choice: (silver) rule positive: amount > 0 -> amount >= 0"}},
      {{{"amount > 0", "amount > 0 and (id in (1, 2) or not kind is null)"}},
       {"silver: needs a choice: rule positive: amount > 0 -> amount > 0 and (id in (1, 2) or not kind is null)",
        "gold: needs a choice: (silver) rule positive: amount > 0 -> amount > 0 and (id in (1, 2) or not kind is "
        "null)"}},
      {{{"[at, id]}", "[at]}"}},
       {"silver: needs a choice: rule complete: not_null [at, id] -> not_null [at]",
        "gold: needs a choice: (silver) rule complete: not_null [at, id] -> not_null [at]"}},
      {{{"not_null: [at, id]", "check: \"id between 1 and 9\""}},
       {"silver: needs a choice: rule complete: not_null [at, id] -> id between 1 and 9",
        "gold: needs a choice: (silver) rule complete: not_null [at, id] -> id between 1 and 9"}},
      {{{"amount > 0\"}", "amount > 0\", else: count}"}},
       {"silver: needs a choice: rule positive: else quarantine -> count",
        "gold: needs a choice: (silver) rule positive: else quarantine -> count"}},
      {{{"\", else: count}", "\"}"}},
       {"silver: needs a choice: rule noted: else count -> quarantine",
        "gold: needs a choice: (silver) rule noted: else count -> quarantine"}},
      {{{"name: positive", "name: paid"}},
       {"silver: needs a choice: rule paid: added: amount > 0",
        "silver: needs a choice: rule positive: removed: amount > 0",
        "gold: needs a choice: (silver) rule paid: added: amount > 0",
        "gold: needs a choice: (silver) rule positive: removed: amount > 0"}},
      {{{"    - {name: positive, check: \"amount > 0\"}\n", ""}},
       {"silver: needs a choice: rule positive: removed: amount > 0",
        "gold: needs a choice: (silver) rule positive: removed: amount > 0"}},
      {{{"note <> ''", "note <> 'a'"}},
       {"silver: needs a choice: rule noted: note <> '' -> note <> 'a'",
        "gold: metadata only: (silver) silver changed in what this table does not use"}},
      {{{"    - {name: tidy, field: kind, fix: trim}\n", ""}},
       {"silver: needs a choice: field kind: fix trim -> none",
        "gold: needs a choice: (silver) field kind: fix trim -> none"}},
      {{{"    - {name: tidy, field: kind, fix: trim}\n",
         "    - {name: tidy, field: kind, fix: trim}\n    - {name: tidy2, field: note, fix: trim}\n"}},
       {"silver: needs a choice: field note: fix none -> trim",
        "gold: needs a choice: (silver) field note: fix none -> trim"}},
      {{{"key: [id, at]", "key: [id]"}},
       {"silver: needs a choice: unique key [at, id] -> [id]",
        "gold: needs a choice: (silver) unique key [at, id] -> [id]"}},
      {{{"  unique: {key: [id, at]}\n", ""}},
       {"silver: needs a choice: unique key [at, id] -> []",
        "gold: needs a choice: (silver) unique key [at, id] -> []"}},
  });
}

}  // namespace
}  // namespace ingot::pipeline
