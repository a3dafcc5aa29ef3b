#include "sample_definition.h"

namespace ingot::pipeline {
namespace {

Difference Last(TableKind kind, const std::vector<Edit>& edits) {
  const Pipeline have = ParsedSample(kSampleFile), want = ParsedSample(Edited(kSampleFile, edits));
  const auto of = [&](const Pipeline& pipeline) { return DefinitionOf(pipeline, {.kind = kind}); };
  return Differences(kind, of(have), of(want), {})->back();
}

// Goal:   an added field that replaces a removed one is proposed as a rename; columns without a field can be dropped.
// Method: the same path, the only field of its type, several fields, and a removed field.
TEST(LayerDifference, Hints) {
  const std::string kind = "  kind:   {type: string}\n", note = "  note:   {type: string}\n";
  const std::vector<Edit> others{{"field: kind", "field: note"}, {"kind: kind", "kind: note"}};
  const auto hint = [&](const std::string& field, const std::string& more = "") {
    std::vector<Edit> edits = others;
    edits.push_back({kind, "  what: {type: " + field + "}\n" + more});
    const Pipeline have = ParsedSample(kSampleFile), want = ParsedSample(Edited(kSampleFile, edits));
    const auto differences = Differences(TableKind::kBronze, BronzeDefinition(have), BronzeDefinition(want), {});
    for (const Difference& difference : *differences)
      if (difference.what == "field what: added") return difference.hint;
    return std::string("not added");
  };
  EXPECT_EQ(hint("string"), "looks like a rename: write renamed_from: kind");
  EXPECT_EQ(hint("string, from: $.kind"), "looks like a rename: write renamed_from: kind");
  EXPECT_EQ(hint("string, from: $.kind", "  more: {type: string}\n"), "looks like a rename: write renamed_from: kind");
  EXPECT_EQ(hint("string", "  more: {type: string}\n"), "");
  EXPECT_EQ(hint("long"), "");
  EXPECT_EQ(Last(TableKind::kSilver, {{"  twice:  ", "  double: "}}).hint, "drop it: ingot apply --drop-columns");
  EXPECT_EQ(Last(TableKind::kGold, {{"total: sum(amount), ", ""}}).meaning,
            "the column stays as it is, and is null in new rows");
}

}  // namespace
}  // namespace ingot::pipeline
