// How the rows of a CSV file are read, as JSON text. Bronze keeps it beside each row, whose file may be gone.
// Source: docs/formats/csv-layout.md.
#pragma once

#include <string>
#include <vector>

#include "source/source.h"
#include "source/text_encoding.h"

namespace ingot::source {

/// `names`: of the columns, from the header or the pipeline file; `encoding`: that of the file.
std::string CsvLayout(const CsvOptions& options, const std::vector<std::string>& names, TextEncoding encoding);

/// The options that read rows of this layout. Errors: kCorrupt.
Result<CsvOptions> ParseCsvLayout(const std::string& layout);

}  // namespace ingot::source
