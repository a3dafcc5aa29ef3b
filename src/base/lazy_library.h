// Loads shared libraries on first use: loading DuckDB takes longer than the rest of the program's start, and most
// commands do not need it.
#pragma once

#include <initializer_list>

#include "base/result.h"

// A room lists the functions it uses, and calls them by their own names:
//
//   namespace ingot::room {
//   #define ROOM_FUNCTIONS(X) X(lib_open) X(lib_close)
//   INGOT_LAZY_DECLARE(ROOM_FUNCTIONS)     // in a header that includes the library's own
//   INGOT_LAZY_DEFINE(ROOM_FUNCTIONS)      // in one source
//   Status Load() { return OpenLibrary("lib.so", {ROOM_FUNCTIONS(INGOT_LAZY_ENTRY)}); }
//   }
//
// Inside the room's namespace the names are function pointers, null until OpenLibrary has set them.
#define INGOT_LAZY_DECLARE_ONE(name) extern decltype(&::name) name;
#define INGOT_LAZY_DEFINE_ONE(name) decltype(&::name) name = nullptr;
#define INGOT_LAZY_ENTRY(name) {#name, reinterpret_cast<void**>(&name)},
#define INGOT_LAZY_DECLARE(FUNCTIONS) FUNCTIONS(INGOT_LAZY_DECLARE_ONE)
#define INGOT_LAZY_DEFINE(FUNCTIONS) FUNCTIONS(INGOT_LAZY_DEFINE_ONE)

namespace ingot {

struct LazyFunction {
  const char* name;
  void** pointer;
};

/// Opens the library, found by the program's library search path, and sets the function pointers. It stays open until
/// the process ends. Errors: kBadConfig when the library is not found or lacks one of the functions.
Status OpenLibrary(const char* file, std::initializer_list<LazyFunction> functions);

}  // namespace ingot
