// Deduplicates rows that will become rows of a table against the rows that stay in it.
#pragma once

#include "stage/days.h"
#include "stage/stage.h"

namespace ingot::run {

/// Deletes the rows of the staging table whose key a row of `silver` has on another day: the row already in silver
/// survives. Reads nothing if the day is part of the key. Cost: memory of 16 bytes per row of the staging table, plus
/// the duplicates.
Status DeleteHeldKeys(const stage::Environment& environment, const pipeline::SilverSpec& spec,
                      const iceberg::Table& staging, const iceberg::Table& silver, const stage::Days& days);

}  // namespace ingot::run
