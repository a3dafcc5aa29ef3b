// Explains why a field has no value: the path is misspelled, the member is elsewhere, has another kind, or is absent.
#pragma once

#include <span>
#include <string>

#include "pipeline/pipeline.h"

namespace ingot::bronze {

struct FieldCause {
  bool occurs = false;    // some record has the member
  std::string likeliest;  // the path that was probably meant, e.g. "$.amount"; empty: none is similar
  std::string text;       // a clause: what the records have instead, and what to write
};

/// Input: a field that is read from records, and a sample of records as JSON. Records that have a value for the field
///        only show which members exist beside it: none of these is proposed.
FieldCause CauseOf(const pipeline::Pipeline& pipeline, const pipeline::FieldSpec& field,
                   std::span<const std::string> records);

}  // namespace ingot::bronze
