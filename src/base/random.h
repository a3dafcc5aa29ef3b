// Random identifiers: file names, snapshot ids, run ids. Safe from every thread.
#pragma once

#include <cstdint>
#include <string>

namespace ingot {

uint64_t RandomBits();

/// A version 4 UUID in its canonical 36-character form (RFC 9562).
std::string RandomUuid();

}  // namespace ingot
