// A storage seen as if some of its files were gone: what would remain is looked at before anything is moved.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "storage/storage.h"

namespace ingot::storage {

/// Reads of `storage` that do not find the files whose canonical locations are `hidden`. It cannot be written to.
std::unique_ptr<Storage> Without(std::shared_ptr<Storage> storage, std::set<std::string> hidden);

}  // namespace ingot::storage
