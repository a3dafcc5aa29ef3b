#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

// Goal:   the shipped pipeline files load without changes.
// Method: both files, with values that they are known to have.
TEST(Pipeline, ShippedFiles) {
  const auto speedtest = LoadPipeline(std::string(INGOT_SOURCE_DIR) + "/pipelines/speedtest.yaml");
  ASSERT_TRUE(speedtest) << speedtest.error().message;
  EXPECT_EQ(speedtest->fields.size(), 6u);
  EXPECT_EQ(speedtest->silver[0].unique, (std::vector<std::string>{"user_id", "timestamp"}));
  EXPECT_EQ(speedtest->silver[0].rules[1].fail_above, 0.2);
  EXPECT_EQ(speedtest->source.uri, "kafka://localhost:9092/speedtest_raw");
  const auto mlab = LoadPipeline(std::string(INGOT_SOURCE_DIR) + "/pipelines/mlab-ndt7.yaml");
  ASSERT_TRUE(mlab) << mlab.error().message;
  EXPECT_TRUE(mlab->fields.back().compute);
  EXPECT_EQ(LoadPipeline("/nowhere.yaml").error().kind, ErrorKind::kBadConfig);
}

// Goal:   the CSV format is read, and times have the bounds that all engines support.
// Method: all keys, and no key.
TEST(Pipeline, CsvAndTimes) {
  const auto parse = [](const std::string& source) {
    auto parsed = ParsePipeline("pipeline: p\nsource: {files: x, format: csv" + source +
                                    "}\nfields:\n  t: {type: timestamptz, range: [2000-01-01, now+1d]}\n  u: {type: "
                                    "timestamptz}\nbronze: {table: b.t}\nsilver: {table: s.t}\n",
                                "f");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return *parsed;
  };
  const CsvSpec csv = parse(R"(, csv: {delimiter: tab, quote: "", header: [t, u], encoding: latin-1})").source.csv;
  EXPECT_EQ(csv.delimiter, '\t');
  EXPECT_EQ(csv.quote, '\0');
  EXPECT_FALSE(csv.header);
  EXPECT_FALSE(parse(", csv: {multiline: false}").source.csv.multiline);
  EXPECT_EQ(csv.names, (std::vector<std::string>{"t", "u"}));
  EXPECT_EQ(csv.encoding, "latin-1");
  EXPECT_EQ(parse(R"(, csv: {delimiter: "\t"})").source.csv.delimiter, '\t');
  EXPECT_FALSE(parse(", csv: {header: false}").source.csv.header);
  const Pipeline plain = parse("");
  EXPECT_TRUE(plain.source.csv.header);
  EXPECT_TRUE(plain.fields[0].coerce);
  EXPECT_EQ(plain.fields[0].time_min_micros, 946'684'800'000'000);
  EXPECT_EQ(plain.fields[0].time_max_micros, kTimeMaxMicros);
  EXPECT_EQ(plain.fields[1].time_min_micros, kTimeMinMicros);
}

// Goal:   a source that would not be read as it is written is an error with its line.
// Method: two sources, empty texts (also of variables), addresses in another form; then those that are right.
TEST(Pipeline, Sources) {
  const auto parse = [](const std::string& source) {
    return ParsePipeline("pipeline: p\nsource: " + source +
                             "\nfields: {a: {type: string}}\nbronze: {table: b.t}\nsilver: {table: s.t}\n",
                         "f");
  };
  const std::pair<const char*, const char*> wrong[] = {
      {"{files: x, kafka: {brokers: \"b:1\", topic: t}}", "f:2: source.files: the source has kafka, too"},
      {"{files: \"\"}", "f:2: source.files: is empty"},
      {"{files: \"${INGOT_TEST_NONE:-}\"}", "f:2: source.files: is empty"},
      {"{files: }", "f:2: source.files: has no value"},
      {"{kafka: {brokers: \"${INGOT_TEST_NONE:-}\", topic: t}}", "f:2: source.kafka.brokers: is empty"},
      {"{kafka: {brokers: \"kafka://b:1\", topic: t}}",
       "f:2: source.kafka.brokers: must be host:port without a scheme"},
      {"{kafka: {brokers: \"b:1\", topic: \"\"}}", "f:2: source.kafka.topic: is empty"},
      {"{kafka: }", "f:2: source.kafka: has no value"}};
  for (const auto& [source, message] : wrong) {
    const auto parsed = parse(source);
    ASSERT_FALSE(parsed) << source;
    EXPECT_TRUE(parsed.error().message.starts_with(message)) << parsed.error().message;
  }
  EXPECT_EQ(parse("{files: x}")->source.uri, "x");
  EXPECT_EQ(parse("{format: json}")->source.uri, "");
  EXPECT_EQ(parse("{kafka: {brokers: \"a:1,b:2\", topic: \"^t(est)?_\"}}")->source.uri, "kafka://a:1,b:2/^t(est)?_");
}

// Goal:   contradictions are errors with their line.
// Method: one file per mistake.
TEST(Pipeline, RejectsInvalidFiles) {
  const std::string head = "pipeline: p\nsource: {files: x}\nfields:\n  a: {type: string}\n  t: {type: timestamptz}\n";
  const std::string tables = "bronze: {table: b.t}\nsilver: {table: s.t}\n";
  ASSERT_TRUE(ParsePipeline(head + tables, "f"));
  const std::pair<std::string, const char*> slips[] = {
      {head + "bronze: {table: nodot}\nsilver: {table: s.t}\n", "f:6: bronze.table: not a table name"},
      {head + "bronze: {table: ../b.t}\nsilver: {table: s.t}\n", "f:6: bronze.table: '../b.t' cannot be the name"},
      {head + "bronze: {table: b.t}\nsilver: {table: s.t, quarantine: s.t/q}\n", "silver.quarantine: 's.t/q' cannot"},
      {head + "bronze: {table: b.t, partition: day(a)}\nsilver: {table: s.t}\n", "does not accept string"},
      {head + "bronze: {table: b.t, partition: day(x)}\nsilver: {table: s.t}\n", "unknown field 'x'"},
      {head + "bronze: {table: b.t, keep: 9 years}\nsilver: {table: s.t}\n", "not a duration"},
      {head + "bronze: {table: b.t}\nsilver: {table: s.t, rules: [{name: r}]}\n",
       "exactly one of fix, not_null and check"},
      {head + "bronze: {table: b.t}\nsilver: {table: s.t, rules: [{name: r, check: \"count(*) > 1\"}]}\n",
       "aggregates belong to gold"},
      {head + "bronze: {table: b.t}\nsilver: {table: s.t, unique: {key: [b]}}\n", "unknown field 'b'"},
      {head + tables + "gold: [{table: g.t, group: {d: date(t)}, measures: {n: a}}]\n", "must be an aggregate"},
      {head + tables + "gold: [{table: g.t, partition: x, group: {d: date(t)}, measures: {n: count(*)}}]\n",
       "is not a group column"},
      {head + "bronze: {table: b.t, sort: b}\nsilver: {table: s.t}\n", "unknown field 'b'"},
      {head + "bronze: {table: b.t, sort: a up}\nsilver: {table: s.t}\n", "not a sort order"},
      {head + tables + "gold: [{table: g.t, sort: a, group: {d: date(t)}, measures: {n: count(*)}}]\n",
       "is not a column of the table"},
      {"pipeline: p\nsource: {files: x}\nfields:\n  t: {type: timestamptz, default: 0}\n" + tables, "no default"},
      {"pipeline: p\nsource: {files: x}\nfields:\n  n: {type: int, default: x}\n" + tables, "f:4: fields.n.default"},
      {"pipeline: p\nsource: {files: x}\nfields:\n  n: {type: int, default: 007}\n" + tables, "is no int"},
      {"pipeline: p\nsource: {files: x, csv: {quote: x}}\nfields:\n  a: {type: string}\n" + tables,
       "needs format: csv"},
      {"pipeline: p\nsource: {files: x, format: csv, csv: {delimiter: ab}}\nfields:\n  a: {type: string}\n" + tables,
       "f:2: source.csv.delimiter: must be one ASCII character"},
      {"pipeline: p\nsource: {files: x, format: csv, csv: {delimiter: '\"'}}\nfields:\n  a: {type: string}\n" + tables,
       "must differ"},
      {"pipeline: p\nsource: {files: x, format: csv, csv: {encoding: utf16}}\nfields:\n  a: {type: string}\n" + tables,
       "did you mean 'utf-16'"},
      {"pipeline: p\nsource: {files: x, format: csv, csv: {header: [a, a]}}\nfields:\n  a: {type: string}\n" + tables,
       "two columns are named 'a'"},
      {"pipeline: p\nsource: {files: x, format: csv}\nfields:\n  a: {type: string, from: $.b.c}\n" + tables,
       "columns of CSV have no members"},
      {head + "bronze: {table: b.t}\nsilver:\n  table: s.t\n  unique:\n",
       "f:9: silver.unique: has no value: write one, or remove the key"},
      {head + "bronze: {table: b.t, keep: }\nsilver: {table: s.t}\n", "f:6: bronze.keep: has no value"},
      {head + tables + "gold: [{table: g.t, group: {_partition: a}, measures: {n: count(*)}}]\n",
       "f:8: gold[0].group._partition: the name belongs to a metadata column of Iceberg"},
      {"pipeline: p\nsource: {files: x}\nfields:\n  a: {type: double, unit: EUR}\n" + tables,
       "f:4: fields.a.unit: unknown unit 'EUR': write one of bit/s, kbit/s,"},
      {"pipeline: p\nsource: {files: x}\nfields:\n  a: {type: double, compute: \"1 / 2\", range: [0, 1]}\n" + tables,
       "f:4: fields.a.range: a computed field is not read from the record"},
      {"pipeline: p\nsource: {files: x}\nfields:\n  t: {type: timestamptz, from_unit: s}\n" + tables,
       "f:4: fields.t.from_unit: is for numbers"},
      {"pipeline: p\n", "'source' is missing"},
      {"pipeline: [\n", "f:"},
      {"pipeline: p\nsource: {files: Stra\xDF"
       "e}\n" +
           tables,
       "f:2: the file is not UTF-8 (byte 0xDF)"},
      {head + tables + "fields: {}\n", "f:8: fields: duplicate key"}};
  for (const auto& [text, message] : slips) {
    const auto parsed = ParsePipeline(text, "f");
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(message), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kBadConfig);
  }
}

// Goal:   a key without effect is an error with its line, and a key that seems to have none is accepted for a reason.
// Method: each key in each context where it has no effect; then the accepted ones, with the reason.
TEST(Pipeline, KeysWithoutEffect) {
  const std::string kafka = "{brokers: \"b:1\", topic: t}";
  const auto file = [](const std::string& source, const std::string& fields, const std::string& silver = "") {
    return "pipeline: p\nsource: {" + source + "}\nfields:\n  n: {type: long}\n" + fields +
           "bronze: {table: b.t}\nsilver: {table: s.t" + silver + "}\n";
  };
  const auto field = [&](const std::string& text) { return file("files: x", "  a: {" + text + "}\n"); };
  const auto csv = [&](const std::string& text) { return file("files: x, format: csv" + text, ""); };
  const auto rule = [&](const std::string& text) { return file("files: x", "", ", rules: [{name: r, " + text + "}]"); };
  const std::pair<std::string, const char*> refused[] = {
      {file("files: x, kafka: " + kafka, ""), "f:2: source.files: the source has kafka, too"},
      {file("on_changed: skip, kafka: " + kafka, ""), "f:2: source.on_changed: is for files"},
      {file("on_changed: fail, kafka: " + kafka, ""), "f:2: source.on_changed: is for files"},
      {file("format: document, kafka: " + kafka, ""), "f:2: source.format: 'document' is for files"},
      {file("format: csv, kafka: " + kafka, ""), "f:2: source.format: 'csv' is for files"},
      {file("kafka: {brokers: \"b:1\", topic: t, keep: [key, key]}", ""),
       "f:2: source.kafka.keep: 'key' is listed twice"},
      {file("files: x, csv: {quote: x}", ""), "f:2: source.csv: needs format: csv"},
      {csv(", csv: {quote: \"\", multiline: false}"), "f:2: source.csv.multiline: is for quoted cells"},
      {file("files: x, format: csv", "  a: {type: long, coerce: true}\n"),
       "f:5: fields.a.coerce: cells of CSV are text"},
      {file("files: x, format: csv", "  a: {type: long, coerce: false}\n"),
       "f:5: fields.a.coerce: cells of CSV are text"},
      {field("type: string, coerce: true"), "f:5: fields.a.coerce: is for numbers and booleans in quotes"},
      {field("type: string, coerce: false"), "f:5: fields.a.coerce: is for numbers and booleans in quotes"},
      {field("type: uuid, coerce: true"), "f:5: fields.a.coerce: is for numbers and booleans in quotes"},
      {field("type: date, coerce: true"), "f:5: fields.a.coerce: is for numbers and booleans in quotes"},
      {field("type: timestamptz, unit: rfc3339, coerce: true"), "f:5: fields.a.coerce: is for numbers and booleans"},
      {field("type: timestamptz, from_unit: s"), "f:5: fields.a.from_unit: is for numbers"},
      {field("type: double, from_unit: s"), "f:5: fields.a.from_unit: requires 'unit'"},
      {field("type: string, unit: s"), "f:5: fields.a.unit: only numbers and times have a unit, not a string"},
      {field("type: date, unit: rfc3339"), "f:5: fields.a.unit: only numbers and times have a unit, not a date"},
      {field("type: boolean, unit: s"), "f:5: fields.a.unit: only numbers and times have a unit, not a boolean"},
      {field("type: double, range: [0, 1]"), "f:5: fields.a.range: only times have a range"},
      {field("type: string, from: [$.b, $.b]"), "f:5: fields.a.from: '$.b' is listed twice"},
      {field("type: double, compute: \"n / 2\", range: [0, 1]"), "f:5: fields.a.range: a computed field is not read"},
      {field("type: double, compute: \"n / 2\", from: $.b"), "f:5: fields.a.from: a computed field is not read"},
      {field("type: double, compute: \"n / 2\", default: 1"), "f:5: fields.a.default: a computed field is not read"},
      {field("type: double, compute: \"n / 2\", coerce: true"), "f:5: fields.a.coerce: a computed field is not read"},
      {field("type: double, compute: \"n / 2\", from_unit: s"),
       "f:5: fields.a.from_unit: a computed field is not read"},
      {file("files: x", "  t: {type: timestamptz}\n  a: {type: timestamptz, compute: t, unit: s}\n"),
       "f:6: fields.a.unit: a computed field is not read"},
      {rule("check: \"n > 0\", field: n"), "f:6: silver.rules[0].field: only a fix has a field"},
      {rule("check: \"n > 0\", fail_above: 1%, on_fail: fail"), "f:6: silver.rules[0].on_fail: 'fail_above' is given"},
      {rule("not_null: [n, n]"), "f:6: silver.rules[0].not_null: 'n' is listed twice"},
      {file("files: x", "", ", unique: {key: [n, n]}"), "f:6: silver.unique.key: 'n' is listed twice"}};
  for (const auto& [text, message] : refused) {
    const auto parsed = ParsePipeline(text, "f");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kBadConfig);
    EXPECT_TRUE(parsed.error().message.starts_with(message)) << parsed.error().message << "\n" << text;
  }
  const std::pair<const char*, std::string> accepted[] = {
      {"the default, written out",
       file("files: x, format: json, on_changed: fail", "", ", unique: {key: n, keep: first}")},
      {"the default, written out", csv(", csv: {delimiter: \",\", header: true, multiline: true, encoding: utf-8}")},
      {"the default, written out", rule("check: \"n > 0\", else: quarantine")},
      {"booleans in quotes", field("type: boolean, coerce: true")},
      {"epochs in quotes", field("type: timestamptz, coerce: true")},
      {"documents the column", field("type: double, unit: s")},
      {"says that the record has the same unit", field("type: double, unit: s, from_unit: s")},
      {"documents the column", field("type: double, compute: \"n / 2\", unit: C")},
      {"its column in silver is renamed", field("type: double, compute: \"n / 2\", renamed_from: b")},
      {"the column is renamed, the paths are not", field("type: double, from: $.c, renamed_from: b")},
      {"says that the limit is off", rule("check: \"n > 0\", fail_above: 100%")},
      {"for other engines", file("files: x", "", ", properties: {owner: me}")}};
  for (const auto& [reason, text] : accepted) {
    const auto parsed = ParsePipeline(text, "f");
    EXPECT_TRUE(parsed) << reason << ": " << (parsed ? "" : parsed.error().message) << "\n" << text;
  }
  // Another source takes the place of the one in the file: then its format is that of files.
  EXPECT_TRUE(ParsePipeline(file("format: document, on_changed: skip, kafka: " + kafka, ""), "f", "landing"));
}

}  // namespace
}  // namespace ingot::pipeline
