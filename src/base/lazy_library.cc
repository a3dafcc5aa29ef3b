#include "base/lazy_library.h"

#include <dlfcn.h>

#include <string>

namespace ingot {

Status OpenLibrary(const char* file, std::initializer_list<LazyFunction> functions) {
  void* library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return Fail(ErrorKind::kBadConfig, std::string("the library cannot be opened: ") + dlerror());
  for (const auto& [name, place] : functions) {
    *place = dlsym(library, name);
    if (*place == nullptr)
      return Fail(ErrorKind::kBadConfig,
                  std::string("the library ") + file + " is of another version: it lacks " + name);
  }
  return {};
}

}  // namespace ingot
