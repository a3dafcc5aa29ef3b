#include "bronze/refusal_cause.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   records that do not fit lead to what to write.
// Method: a table: fields, the reason of the most records, a record, words of the cause.
TEST(RefusalCause, SaysWhatToWrite) {
  const auto parsed = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: src}\nfields:\n  n: {type: int}\n  t: {type: timestamptz, unit: rfc3339}\n"
      "  m: {type: timestamptz, unit: ms}\n  s: {type: string}\n  b: {type: boolean}\nbronze: {table: b.t}\nsilver: "
      "{table: s.t}\n",
      "p.yaml");
  ASSERT_TRUE(parsed);
  struct {
    const char* problem;
    const char* record;
    const char* words;
  } const cases[] = {
      {"n: expected int, found a string", R"({"n":"12"})", "write coerce: true"},
      {"n: expected int, found a string", R"({"n":"twelve"})", "found a string"},
      {"t: expected timestamptz, found a whole number", R"({"t":1721347200000})", "write unit: ms"},
      {"t: expected timestamptz, found a whole number", R"({"t":1721347200})", "write unit: s"},
      {"m: expected timestamptz, found a string", R"({"m":"2026-07-19T10:00:00Z"})", "write unit: rfc3339"},
      {"s: expected string, found a whole number", R"({"s":1})", "write type: long"},
      {"b: expected boolean, found a string", R"({"b":"true"})", "write coerce: true to accept booleans"},
      {"t: not an RFC 3339 time: '1721347200000'", R"({"t":"1721347200000"})", "write coerce: true, and as unit"},
      {"not JSON: x", "id,name", "write format: csv"},
      {"not JSON: x", "<a>1</a>", "XML"},
      {"not JSON: x", "{", "write format: document"},
      {"not a JSON object: an array", "[{\"n\":1}]", "write format: document"},
      {"not JSON: x", "Obj\x01", "binary"},
  };
  for (const auto& [problem, record, words] : cases) {
    const std::vector<std::string> problems{"other", problem, problem},
        records{R"({"n":1,"t":"2026-07-19T10:00:00Z","m":1,"s":"x"})", record};
    const std::string cause = CauseOfRefusals(*parsed, problems, records);
    EXPECT_NE(cause.find(words), std::string::npos) << cause;
    EXPECT_TRUE(cause.starts_with(problem)) << cause;
  }
  EXPECT_EQ(CauseOfRefusals(*parsed, {}, {}), "");
}

}  // namespace
}  // namespace ingot::bronze
