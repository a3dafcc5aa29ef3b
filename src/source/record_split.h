// Cuts a stretch of bytes into records of JSON: lines, or the elements of a document.
#pragma once

#include <string_view>
#include <vector>

#include "source/source.h"

namespace ingot::source {

/// Where records begin and end in `bytes`. Lines end with \n or \r\n; blank lines are no records. Returns how many
/// bytes were used: up to the last line end, or all when `at_end`.
size_t SplitLines(std::string_view bytes, bool at_end, std::vector<RawBatch::Record>& records);

/// A whole document: one record, or one for each element where it is an array (RFC 8259, section 5). An array that is
/// not well formed between its elements is one record.
void SplitDocument(std::string_view bytes, std::vector<RawBatch::Record>& records);

}  // namespace ingot::source
