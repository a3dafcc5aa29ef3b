// Random identifiers for file names, snapshots and runs. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace ingot {

uint64_t RandomBits();

/// A version 4 UUID in its canonical 36-character form (RFC 9562).
std::string RandomUuid();

}  // namespace ingot
