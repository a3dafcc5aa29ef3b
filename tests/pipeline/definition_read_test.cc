#include "pipeline/definition_read.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/definition.h"

namespace ingot::pipeline {
namespace {

Pipeline PipelineOf(const std::string& source, const std::string& fields) {
  auto pipeline = ParsePipeline("pipeline: p\nsource: {files: x" + source + "}\nfields:\n" + fields +
                                    "bronze: {table: b.t}\nsilver: {table: s.t}\n",
                                "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  return *std::move(pipeline);
}

// Goal:   what was read has the same definition as what was written.
// Method: pipelines with every property of a field and of CSV; both definitions are compared.
TEST(RecordSpecIn, ReadsWhatBronzeDefinitionWrites) {
  const Pipeline pipelines[] = {
      PipelineOf("", R"(  a: {type: long, from: ["$.x.y[-1]", "$['a.b']"], coerce: true, default: 7}
  b: {type: double, unit: s, from_unit: ms}
  c: {type: timestamptz, unit: rfc3339, range: ["2020-01-01T00:00:00Z", "now+1d"]}
  d: {type: timestamptz_ns, unit: ns}
  e: {type: string, default: "say \"x\""}
  f: {type: uuid, renamed_from: g}
  h: {type: date}
)"),
      PipelineOf(", format: csv, csv: {delimiter: \"|\", quote: \"\", encoding: latin-1, header: [b, a]}",
                 "  a: {type: long}\n"),
      PipelineOf(", format: csv, csv: {quote: \"'\", multiline: false}", "  a: {type: long}\n"),
      PipelineOf(", format: csv, csv: {header: false}", "  b: {type: long}\n  a: {type: string}\n"),
      PipelineOf(", format: document", "  a: {type: boolean}\n")};
  for (const Pipeline& pipeline : pipelines) {
    const std::string written = BronzeDefinition(pipeline);
    const auto read = RecordSpecIn(written);
    ASSERT_TRUE(read) << read.error().message;
    Pipeline again = pipeline;
    again.fields = read->fields;
    // A definition keeps the order of fields only for CSV without a header, as csv.fields.
    std::ranges::sort(again.fields, {}, [&](const FieldSpec& field) {
      return std::ranges::find(pipeline.fields, field.name, &FieldSpec::name) - pipeline.fields.begin();
    });
    again.source.format = read->format;
    if (pipeline.source.csv.header) again.source.csv = read->csv;
    EXPECT_EQ(BronzeDefinition(again), written);
  }
  EXPECT_EQ(RecordSpecIn(BronzeDefinition(pipelines[1]))->csv.names, (std::vector<std::string>{"b", "a"}));
}

// Goal:   a damaged definition is an error, never an exception or a guess.
// Method: every shortened text, and texts with one wrong value.
TEST(RecordSpecIn, DamageIsCorrupt) {
  const std::string whole = BronzeDefinition(PipelineOf("", "  a: {type: long, default: 7}\n"));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(RecordSpecIn(whole.substr(0, size)).error().kind, ErrorKind::kCorrupt);
  for (const std::string text :
       {"[]", "{}", R"({"format":1,"fields":{}})", R"({"format":"json","fields":[]})",
        R"({"format":"json","fields":{"a":1}})", R"({"format":"json","fields":{"a":{"type":"long"}}})",
        R"({"format":"json","fields":{"a":{"type":"nothing","from":[["a"]]}}})",
        R"({"format":"json","fields":{"a":{"type":"long","from":[[]]}}})",
        R"({"format":"json","fields":{"a":{"type":"long","from":[[0]]}}})",
        R"({"format":"json","fields":{"a":{"type":"long","from":[[true]]}}})",
        R"({"format":"json","fields":{"a":{"type":"double","from":[["a"]],"factor":0}}})",
        R"({"format":"json","fields":{"a":{"type":"long","from":[["a"]],"default":"x"}}})",
        R"({"format":"json","fields":{"a":{"type":"timestamptz","from":[["a"]],"time_format":"y"}}})",
        R"({"format":"csv","fields":{},"csv":{"delimiter":"ab"}})"}) {
    const auto read = RecordSpecIn(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt) << text;
  }
}

// Goal:   the definition of bronze is found in that of silver.
// Method: the texts are equal; texts that are no definition of silver.
TEST(RecordSpecIn, BronzeInSilver) {
  const Pipeline pipeline = PipelineOf("", "  a: {type: long, default: 7}\n  b: {type: string}\n");
  EXPECT_EQ(*BronzeDefinitionIn(SilverDefinition(pipeline, pipeline.silver[0])), BronzeDefinition(pipeline));
  for (const char* text : {"", "[]", "{}", "{\"bronze\"", "null"})
    EXPECT_EQ(BronzeDefinitionIn(text).error().kind, ErrorKind::kCorrupt) << text;
}

}  // namespace
}  // namespace ingot::pipeline
