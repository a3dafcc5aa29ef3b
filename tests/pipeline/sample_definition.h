// A pipeline file for tests of differences: each edit of it gives lines such as
// "silver: needs a choice: (bronze) field id: path $.id -> $.key".
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "pipeline/definition.h"
#include "pipeline/difference.h"

namespace ingot::pipeline {

inline const std::string kSampleFile = R"(
pipeline: p
source: {files: landing}
fields:
  at:     {type: timestamptz, unit: ms, range: [2000-01-01, now+1d]}
  id:     {type: int}
  kind:   {type: string}
  amount: {type: long, from: $.payment.amount}
  speed:  {type: double, unit: Mbit/s, from_unit: kbit/s}
  note:   {type: string}
  twice:  {type: double, compute: "speed * 2"}
bronze: {table: b.t}
silver:
  table: s.t
  rules:
    - {name: tidy, field: kind, fix: trim}
    - {name: complete, not_null: [at, id]}
    - {name: positive, check: "amount > 0"}
    - {name: noted, check: "note <> ''", else: count}
  unique: {key: [id, at]}
gold:
  - table: g.t
    group: {date: date(at), kind: kind}
    measures: {total: sum(amount), least: min(id)}
)";

/// The pipeline file of definitions whose ids are stored in tables.
inline const std::string kStoredFile = R"(
pipeline: p
source: {files: landing}
fields:
  at:    {type: timestamptz, unit: ms, range: [2000-01-01, now+1d]}
  id:    {type: long}
  speed: {type: double, unit: Mbit/s, from_unit: kbit/s}
  place: {type: string}
  twice: {type: double, compute: "speed * 2"}
bronze: {table: b.t}
silver:
  table: s.t
  rules:
    - {name: place_trimmed, field: place, fix: trim}
    - {name: complete, not_null: [at, id]}
    - {name: plausible, check: "speed between 0 and 100", fail_above: 5%}
  unique: {key: [id, at]}
gold:
  - table: g.t
    group: {date: date(at)}
    measures: {n: count(*)}
)";

struct Edit {
  std::string from, to;
};

/// Replaces every occurrence.
inline std::string Edited(std::string text, const std::vector<Edit>& edits) {
  for (const auto& [from, to] : edits) {
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    for (; at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  }
  return text;
}

inline Pipeline ParsedSample(const std::string& text) {
  auto pipeline = ParsePipeline(text, "p.yaml");
  EXPECT_TRUE(pipeline) << pipeline.error().message << text;
  return std::move(*pipeline);
}

inline std::string_view ChangeClassName(ChangeClass change) {
  switch (change) {
    case ChangeClass::kMetadata:
      return "metadata only";
    case ChangeClass::kForward:
      return "exact going forward";
    case ChangeClass::kChoice:
      return "needs a choice";
  }
  return "";
}

inline std::string LineOf(const Difference& difference) {
  std::string line = std::string(ChangeClassName(difference.change)) + ": ";
  if (!difference.inherited.empty()) line += "(" + difference.inherited + ") ";
  line += difference.what;
  if (!difference.members.empty()) line += fmt::format(" {{{}}}", fmt::join(difference.members, ", "));
  return line;
}

/// The lines of bronze, silver and gold.
inline std::vector<std::string> LinesBetween(const Pipeline& have, const Pipeline& want) {
  std::vector<std::string> lines;
  for (const TableKind kind : {TableKind::kBronze, TableKind::kSilver, TableKind::kGold}) {
    const auto of = [&](const Pipeline& pipeline) { return DefinitionOf(pipeline, {.kind = kind}); };
    const auto differences = Differences(kind, of(have), of(want), Renames(want));
    EXPECT_TRUE(differences) << differences.error().message;
    EXPECT_EQ(differences->empty(), of(have) == of(want));
    for (const Difference& difference : *differences) {
      EXPECT_FALSE(difference.meaning.empty()) << difference.what;
      lines.push_back(std::string(TableKindName(kind)) + ": " + LineOf(difference));
    }
  }
  return lines;
}

/// The lines after an edit of the sample file.
inline std::vector<std::string> LinesAfter(const std::vector<Edit>& edits) {
  return LinesBetween(ParsedSample(kSampleFile), ParsedSample(Edited(kSampleFile, edits)));
}

struct Case {
  std::vector<Edit> edits;
  std::vector<std::string> lines;
};

inline void Check(const std::vector<Case>& cases) {
  for (const auto& [edits, lines] : cases) EXPECT_EQ(LinesAfter(edits), lines) << edits[0].to;
}

}  // namespace ingot::pipeline
