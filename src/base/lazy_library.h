// Shared libraries that only some commands need, opened by those: loading DuckDB's takes longer than everything else
// that starting the program does.
//
// A room says which functions it takes, and calls them by their own names:
//
//   namespace ingot::room {
//   #define ROOM_FUNCTIONS(X) X(lib_open) X(lib_close)
//   INGOT_LAZY_DECLARE(ROOM_FUNCTIONS)     // in a header that includes the library's own
//   INGOT_LAZY_DEFINE(ROOM_FUNCTIONS)      // in one source
//   Status Load() { return OpenLibrary("lib.so", {ROOM_FUNCTIONS(INGOT_LAZY_ENTRY)}); }
//   }
//
// Within the room the names mean pointers, which are null until OpenLibrary has found the functions.
#pragma once

#include <initializer_list>

#include "base/result.h"

#define INGOT_LAZY_DECLARE_ONE(name) extern decltype(&::name) name;
#define INGOT_LAZY_DEFINE_ONE(name) decltype(&::name) name = nullptr;
#define INGOT_LAZY_ENTRY(name) {#name, reinterpret_cast<void**>(&name)},
#define INGOT_LAZY_DECLARE(FUNCTIONS) FUNCTIONS(INGOT_LAZY_DECLARE_ONE)
#define INGOT_LAZY_DEFINE(FUNCTIONS) FUNCTIONS(INGOT_LAZY_DEFINE_ONE)

namespace ingot {

struct LazyFunction {
  const char* name;
  void** place;
};

/// Opens the library, which the program's own search path is looked through for, and sets the functions. It stays open.
/// Errors: kBadConfig when it is not there, or lacks one of them.
Status OpenLibrary(const char* file, std::initializer_list<LazyFunction> functions);

}  // namespace ingot
