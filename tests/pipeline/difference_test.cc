#include "pipeline/difference.h"

#include <nlohmann/json.hpp>

#include "sample_definition.h"

namespace ingot::pipeline {
namespace {

// Goal:   a renamed field is one difference of metadata, wherever the definition names it, and hides no other change.
// Method: fields of each table, with and without a new path, with other changes, and a name that the table never had.
TEST(Difference, Renames) {
  Check({
      {{{"  id:     {type: int}", "  number: {type: int, renamed_from: id}"},
        {"[at, id]", "[at, number]"},
        {"[id, at]", "[number, at]"},
        {"min(id)", "min(number)"}},
       {"bronze: metadata only: field number: renamed from id",
        "bronze: exact going forward: field number: path $.number added {number}",
        "silver: metadata only: (bronze) field number: renamed from id",
        "silver: exact going forward: (bronze) field number: path $.number added {number}",
        "gold: metadata only: (bronze) field number: renamed from id",
        "gold: exact going forward: (bronze) field number: path $.number added {number}"}},
      {{{"  id:     {type: int}", "  number: {type: int, renamed_from: id, from: $.id}"},
        {"[at, id]", "[at, number]"},
        {"[id, at]", "[number, at]"},
        {"min(id)", "min(number)"}},
       {"bronze: metadata only: field number: renamed from id",
        "silver: metadata only: (bronze) field number: renamed from id",
        "gold: metadata only: (bronze) field number: renamed from id"}},
      {{{"  kind:   {type: string}", "  sort: {type: string, renamed_from: kind, from: $.kind}"},
        {"field: kind", "field: sort"},
        {"kind: kind", "kind: sort"}},
       {"bronze: metadata only: field sort: renamed from kind",
        "silver: metadata only: (bronze) field sort: renamed from kind",
        "gold: metadata only: (bronze) field sort: renamed from kind"}},
      {{{"  id:     {type: int}", "  number: {type: long, renamed_from: id, from: $.id}"},
        {"[at, id]", "[at, number]"},
        {"[id, at]", "[number, at]"},
        {"min(id)", "max(number)"}},
       {"bronze: metadata only: field number: renamed from id", "bronze: metadata only: field number: type int -> long",
        "silver: metadata only: (bronze) field number: renamed from id",
        "silver: metadata only: (bronze) field number: type int -> long",
        "gold: metadata only: (bronze) field number: renamed from id",
        "gold: metadata only: (bronze) field number: type int -> long",
        "gold: needs a choice: measure least: min(number) -> max(number)"}},
      {{{"  note:   {type: string}", "  remark: {type: string, renamed_from: note, from: $.note}"},
        {"note <> ''", "remark <> ''"}},
       {"bronze: metadata only: field remark: renamed from note",
        "silver: metadata only: (bronze) field remark: renamed from note",
        "gold: metadata only: (bronze) field remark: renamed from note"}},
      {{{"  twice:  {type", "  double: {renamed_from: twice, type"}},
       {"silver: metadata only: field double: renamed from twice",
        "gold: metadata only: (silver) silver changed in what this table does not use"}},
      {{{"  id:     {type: int}", "  id:     {type: int, renamed_from: before}"}},
       {"bronze: exact going forward: field id: path $.before added {before}",
        "silver: exact going forward: (bronze) field id: path $.before added {before}",
        "gold: exact going forward: (bronze) field id: path $.before added {before}"}},
  });
}

// Goal:   what computes no row is no difference.
// Method: edits of comments, order, layout, names and formatting.
TEST(Difference, None) {
  for (const auto& [from, to] :
       std::vector<Edit>{{"pipeline: p", "# a comment\npipeline: q"},
                         {"{files: landing}", "{files: elsewhere}"},
                         {"{table: b.t}", "{table: b.u, partition: day(at), keep: 90d, sort: id, properties: {a: b}}"},
                         {"amount > 0", "  amount   >  0"},
                         {"  id:     {type: int}\n  kind:   {type: string}\n",
                          "  kind: {type: string}\n  id: {from: $.id, type: int}\n"},
                         {"group: {date: date(at), kind: kind}", "group: {kind: kind, date: date(at)}"},
                         {"key: [id, at]", "key: [at, id]"},
                         {"name: tidy", "name: trimmed"},
                         {"table: g.t", "table: g.u"}})
    EXPECT_EQ(LinesAfter({{from, to}}), std::vector<std::string>{}) << to;
  const Pipeline pipeline = ParsedSample(kSampleFile);
  const std::string gold = GoldDefinition(pipeline, pipeline.gold[0]);
  EXPECT_TRUE(Differences(TableKind::kGold, nlohmann::json::parse(gold).dump(2), gold, {})->empty());
  EXPECT_TRUE(Differences(TableKind::kOps, "", "", {})->empty());
}

// Goal:   another version of the program is a difference, whether it computes a function otherwise, gives other types,
//         or wrote what this one does not know.
// Method: edits of the stored definition of gold.
TEST(Difference, OtherPrograms) {
  const Pipeline pipeline = ParsedSample(kSampleFile);
  const std::string want = GoldDefinition(pipeline, pipeline.gold[0]);
  const std::string sum = R"("text":"sum","version":1)", twice = R"("text":"*","type":"double")";
  for (const auto& [edit, lines] : std::vector<std::pair<Edit, std::vector<std::string>>>{
           {{sum, R"("text":"sum","version":2)"}, {"needs a choice: measure total: function sum: version 2 -> 1"}},
           {{sum, R"("text":"sum")"}, {"needs a choice: measure total: function sum: version none -> 1"}},
           {{R"("fix":"trim","version":1)", R"("fix":"trim","version":2)"},
            {"needs a choice: (silver) field kind: fix trim version 2 -> trim version 1"}},
           {{twice, R"("text":"*","type":"float")"},
            {"metadata only: (silver) silver changed in what this table does not use"}},
           {{R"("type":"double"}},"silver")", R"("type":"float"}},"silver")"},
            {"metadata only: measure total: type float -> double"}},
           {{R"("type":"double"}},"silver")", R"("type":"long"}},"silver")"},
            {"needs a choice: measure total: type long -> double"}},
           {{R"("extra":"json")", R"("extra":"json","explode":"items")"},
            {"needs a choice: (bronze) 'explode' is unknown to this version of the program"}},
           {{R"("kind":"not_null")", R"("kind":"not_null","when":"x")"},
            {"needs a choice: (silver) rule complete: 'when' is unknown to this version of the program"}},
           {{R"({"group":)", R"({"where":[{}],"group":)"},
            {"needs a choice: 'where' is unknown to this version of the program"}}}) {
    std::vector<std::string> found;
    const auto differences = Differences(TableKind::kGold, Edited(want, {edit}), want, {});
    ASSERT_TRUE(differences) << differences.error().message;
    for (const Difference& difference : *differences) found.push_back(LineOf(difference));
    EXPECT_EQ(found, lines) << edit.to;
  }
}

// Goal:   a damaged definition is an error and no crash.
// Method: the definition of gold cut at each byte, each number, text, list and object of it replaced, and deep nesting.
TEST(Difference, Damaged) {
  const auto gold = [](const Pipeline& pipeline) { return GoldDefinition(pipeline, pipeline.gold[0]); };
  const Pipeline renamed =
      ParsedSample(Edited(kSampleFile, {{"  note:   {", "  remark: {renamed_from: note, "}, {"note <>", "remark <>"}}));
  const std::string stored = gold(ParsedSample(kSampleFile)), wanted = gold(renamed);
  const auto kind = [&](const std::string& have) {
    const auto differences = Differences(TableKind::kGold, have, wanted, Renames(renamed));
    return differences ? std::optional<ErrorKind>() : differences.error().kind;
  };
  for (size_t size = 0; size < stored.size(); ++size) EXPECT_EQ(kind(stored.substr(0, size)), ErrorKind::kCorrupt);
  for (const std::string have : {"null", "[]", "{}", R"({"silver":{}})", R"({"silver":5,"group":{},"measures":{}})"})
    EXPECT_EQ(kind(have), ErrorKind::kCorrupt) << have;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"silver":)";
  EXPECT_EQ(kind(deep + "1" + std::string(100'000, '}')), ErrorKind::kCorrupt);
  const auto flat = nlohmann::json::parse(stored).flatten();
  for (const auto& [path, value] : flat.items())
    for (const char* other : {"null", "1", "\"x\"", "[]", "{}", "[1]"})
      for (auto at = nlohmann::json::json_pointer(path); !at.empty(); at = at.parent_pointer()) {
        auto have = nlohmann::json::parse(stored);
        have[at] = nlohmann::json::parse(other);
        const auto problem = kind(have.dump());
        EXPECT_TRUE(!problem || problem == ErrorKind::kCorrupt) << at.to_string() << other;
      }
}

// Goal:   the renames are those of the file, and a file whose renames contradict each other is an error.
// Method: one of each.
TEST(Difference, RenamesOfTheFile) {
  using Renamed = std::map<std::string, std::string>;
  const auto field = [](const std::string& text) {
    return Edited(kSampleFile, {{"  note:   {type: string}\n", text}});
  };
  const std::string note = "  note: {type: string, renamed_from: remark}\n";
  EXPECT_EQ(Renames(ParsedSample(kSampleFile)), Renamed{});
  EXPECT_EQ(Renames(ParsedSample(field(note))), (Renamed{{"remark", "note"}}));
  EXPECT_EQ(ParsedSample(field(note)).fields[5].from,
            (std::vector<Path>{*ParsePath("$.note"), *ParsePath("$.remark")}));
  const auto why = [&](const std::string& text) {
    const auto pipeline = ParsePipeline(field(text), "p.yaml");
    return pipeline ? "" : pipeline.error().message;
  };
  EXPECT_NE(why("  note: {type: string, renamed_from: kind}\n").find("'kind' is a field of this file"),
            std::string::npos);
  EXPECT_NE(why("  note: {type: string, renamed_from: note}\n").find("'note' is a field of this file"),
            std::string::npos);
  EXPECT_NE(why("  note: {type: string, renamed_from: _note}\n").find("must not begin with '_'"), std::string::npos);
  EXPECT_NE(why(note + "  more: {type: string, renamed_from: remark}\n").find("'note' is renamed from 'remark' too"),
            std::string::npos);
}

// Goal:   a difference says which part it concerns, whatever the part's name.
// Method: an edit of each section; names that look like the text of a difference.
TEST(Difference, SaysItsPart) {
  using enum DifferingPart;
  using enum DifferenceKind;
  struct Expected {
    TableKind kind;
    Edit edit;
    DifferingPart part;
    std::string name;
    DifferenceKind difference;
  };
  const std::string note = "  note:   {type: string}\n";
  const Expected expected[] = {
      {TableKind::kBronze, {note, note + "  \"a: removed\": {type: string}\n"}, kField, "a: removed", kAdded},
      {TableKind::kBronze, {note, "  note:   {type: string, from: $.other}\n"}, kField, "note", kOther},
      {TableKind::kBronze, {"id:     {type: int}", "id:     {type: long}"}, kField, "id", kType},
      {TableKind::kBronze, {"landing}", "landing, format: document}"}, kLayer, "", kOther},
      {TableKind::kSilver,
       {"  twice:", "  \"group a\": {type: int, compute: id}\n  twice:"},
       kField,
       "group a",
       kAdded},
      {TableKind::kSilver, {"    - {name: tidy, field: kind, fix: trim}\n", ""}, kField, "kind", kOther},
      {TableKind::kSilver,
       {"name: positive, check", "name: \"field x: added\", check"},
       kRule,
       "field x: added",
       kAdded},
      {TableKind::kSilver, {"    - {name: positive, check: \"amount > 0\"}\n", ""}, kRule, "positive", kRemoved},
      {TableKind::kSilver, {"key: [id, at]", "key: [id]"}, kLayer, "", kOther},
      {TableKind::kGold, {", kind: kind}", ", kind: kind, place: note}"}, kGroup, "place", kAdded},
      {TableKind::kGold, {", kind: kind}", "}"}, kGroup, "kind", kRemoved},
      {TableKind::kGold, {", least: min(id)", ""}, kMeasure, "least", kRemoved}};
  for (const auto& [kind, edit, part, name, difference] : expected) {
    const auto of = [&, table = kind](const std::string& text) {
      return DefinitionOf(ParsedSample(text), {.kind = table});
    };
    const auto found = Differences(kind, of(kSampleFile), of(Edited(kSampleFile, {edit})), {});
    ASSERT_TRUE(found) << found.error().message;
    const bool has =
        std::ranges::any_of(*found, [&, &wanted = name, &section = part, &what = difference](const Difference& one) {
          return one.part == section && one.name == wanted && one.kind == what;
        });
    EXPECT_TRUE(has) << edit.to;
  }
}

}  // namespace
}  // namespace ingot::pipeline
