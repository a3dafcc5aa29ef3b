// Reads the definition of a bronze table back: how the rows that a table has were read from their records.
// Source: docs/formats/definition.md.
#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

/// How records become rows.
struct RecordSpec {
  std::string format;  // of SourceSpec
  CsvSpec csv;         // for format csv. Without a header, `names` has the names of all columns
  std::vector<FieldSpec> fields;
  std::vector<FieldSpec> removed;  // earlier fields, whose columns the table still has
};

/// Input:  `definition` of a bronze table (BronzeDefinition).
/// Errors: kCorrupt if it is not such a definition.
Result<RecordSpec> RecordSpecIn(const std::string& definition);

/// The definition of bronze in that of silver, as BronzeDefinition writes it. Errors: kCorrupt if it is not there.
Result<std::string> BronzeDefinitionIn(const std::string& silver_definition);

/// Input:  `fields`: RemovedFields, or empty.
/// Errors: kCorrupt if it is not that.
Result<std::vector<FieldSpec>> FieldsIn(const std::string& fields);

}  // namespace ingot::pipeline
