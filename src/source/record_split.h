// Splits bytes into JSON records: lines, or the elements of a document.
#pragma once

#include <string_view>
#include <vector>

#include "source/source.h"
#include "source/text_encoding.h"

namespace ingot::source {

/// Finds the lines in `bytes`. Lines end with \n or \r\n; blank lines are skipped. Returns the bytes used: up to the
/// last line end, or all of them if no more follow.
size_t SplitLines(std::string_view bytes, Rest rest, std::vector<RawBatch::Record>& records);

/// Splits a whole document: one record, or one per element of an array (RFC 8259, section 5). An array that is
/// malformed between its elements is one record.
void SplitDocument(std::string_view bytes, std::vector<RawBatch::Record>& records);

}  // namespace ingot::source
