#include "base/lazy_library.h"

#include <dlfcn.h>

#include <string>

namespace ingot {

Status OpenLibrary(const char* file, std::initializer_list<LazyFunction> functions) {
  void* library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return Fail(ErrorKind::kBadConfig, std::string("cannot open library: ") + dlerror());
  for (const auto& [name, pointer] : functions) {
    *pointer = dlsym(library, name);
    if (*pointer == nullptr)
      return Fail(ErrorKind::kBadConfig,
                  std::string("library ") + file + " has the wrong version: it lacks function " + name);
  }
  return {};
}

}  // namespace ingot
