#include "bronze/field_cause.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

pipeline::Pipeline WithFields(const std::string& fields) {
  auto parsed = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: src}\nfields: {" + fields + "}\nbronze: {table: b.t}\nsilver: {table: s.t}\n",
      "p.yaml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? *std::move(parsed) : pipeline::Pipeline();
}

FieldCause CauseOfLast(const std::string& fields, const std::vector<std::string>& records) {
  const auto pipeline = WithFields(fields);
  return CauseOf(pipeline, pipeline.fields.back(), records);
}

// Goal:   a path that is not in the records leads to the one that was meant, and to nothing where none is similar.
// Method: a table: fields, the last of which has no value; a record; the proposal.
TEST(FieldCause, TheNearestPath) {
  struct {
    const char* fields;
    const char* record;
    const char* likeliest;
  } const cases[] = {
      // off by one letter: swapped, missing, more, other
      {"a: {type: int, from: $.amuont}", R"({"amount":1,"kind":"x"})", "$.amount"},
      {"a: {type: int, from: $.amunt}", R"({"amount":1,"kind":"x"})", "$.amount"},
      {"a: {type: int, from: $.ammount}", R"({"amount":1,"kind":"x"})", "$.amount"},
      {"a: {type: int, from: $.amoumt}", R"({"amount":1,"kind":"x"})", "$.amount"},
      {"a: {type: int, from: $.amounts}", R"({"amount":1,"mount":1})", "$.amount"},
      {"t: {type: string, from: $.tz}", R"({"ts":"x","kind":"x"})", "$.ts"},
      // letter case and separators
      {"user_id: {type: string}", R"({"userId":"x","user":"y"})", "$.userId"},
      {"userId: {type: string}", R"({"user_id":"x"})", "$.user_id"},
      {"amount: {type: double}", R"({"Amount":1})", "$.Amount"},
      {"a: {type: double, from: '$.Betrag EUR'}", R"x({"Betrag (EUR)":1})x", "$.Betrag (EUR)"},
      // below another parent, in an array, at the top, or with a misspelled parent
      {"ua: {type: string, from: $.contxt.userAgent}", R"({"context":{"userAgent":"x"}})", "$.context.userAgent"},
      {"ua: {type: string, from: $.context.useragent}", R"({"context":{"userAgent":"x"}})", "$.context.userAgent"},
      {"country: {type: string}", R"({"customer":{"country":"DE"},"id":1})", "$.customer.country"},
      {"country: {type: string, from: $.customer.country}", R"({"country":"DE"})", "$.country"},
      {"c: {type: long, from: $.customer.id}", R"({"customer_id":7})", "$.customer_id"},
      {"sku: {type: string, from: $.items.sku}", R"({"items":[{"sku":"x"}]})", "$.items[0].sku"},
      {"sku: {type: string, from: '$.items[0].sku'}", R"({"items":{"sku":"x"}})", "$.items.sku"},
      {"id: {type: long, from: $.d.id}", R"({"a":{"id":1},"b":{"id":2}})", ""},  // either may be meant
      // the type decides between two that are as near
      {"a: {type: int, from: $.amouns}", R"({"amoung":"x","amount":1})", "$.amount"},
      // a longer name
      {"amount: {type: int}", R"({"amount_eur":1,"kind":"x"})", "$.amount_eur"},
      // read by another field: not proposed if short or one of a series
      {"price1: {type: int}, price2: {type: int}", R"({"price1":1})", ""},
      {"lat: {type: double}, lot: {type: double}", R"({"lat":1})", ""},
      {"amount: {type: int}, copy: {type: int, from: $.amuont}", R"({"amount":1})", "$.amount"},
      // nothing similar
      {"revenue: {type: double}", R"({"id":1,"kind":"x"})", ""},
      {"revenue: {type: double}", R"({"revenues":{"a":{}}})", ""},
      {"revenue: {type: double}", "no JSON", ""},
  };
  for (const auto& [fields, record, likeliest] : cases) {
    const FieldCause cause = CauseOfLast(fields, {record});
    EXPECT_EQ(cause.likeliest, likeliest) << fields << " in " << record << ": " << cause.text;
    EXPECT_FALSE(cause.occurs);
  }
}

// Goal:   the text says what the records have and what to write.
// Method: a table of words in it.
TEST(FieldCause, TheTextSaysWhatToDo) {
  struct {
    const char* fields;
    const char* record;
    const char* words;
  } const cases[] = {
      {"a: {type: int, from: $.amuont}", R"({"amount":1})",
       "the records have no $.amuont, but they have $.amount: write from: $.amount"},
      {"a: {type: int, from: $.x}", R"x({"Betrag (EUR)":1})x",
       "no field reads $.Betrag (EUR). If few records have it, write rare: true"},
      {"a: {type: double, from: '$.Betrag EUR'}", R"x({"Betrag (EUR)":1})x", R"x(write from: "$.Betrag (EUR)")x"},
      {"w: {type: int, from: $.screen.w}", R"({"screen":{"height":1}})",
       "no $.screen.w, although they have $.screen; "},
      {"w: {type: int, from: $.payload.w}", R"({"payload":"{\"w\":1}"})",
       ": $.payload is a single value, not an object"},
      {"w: {type: int, from: $.w}", R"({"w":null})", "the records have $.w, but it is null"},
      {"w: {type: int, from: $.w}", R"({"w":"x"})", "the values of $.w do not fit"},
  };
  for (const auto& [fields, record, words] : cases) {
    const FieldCause cause = CauseOfLast(fields, {record});
    EXPECT_NE(cause.text.find(words), std::string::npos) << cause.text;
  }
}

// Goal:   where only a part of the records has no value, a member that records with a value have too is not the cause.
// Method: a member was renamed in the middle; another similar one is always there.
TEST(FieldCause, ARenameInTheMiddle) {
  const std::vector<std::string> records{R"({"amount":1,"amounts":1})", R"({"amount_eur":1,"amounts":1})"};
  EXPECT_EQ(CauseOfLast("amount: {type: int}", records).likeliest, "$.amount_eur");
}

}  // namespace
}  // namespace ingot::bronze
