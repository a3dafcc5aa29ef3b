// A read-only view of a storage in which some files do not exist, to check the effect of moving them beforehand.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "storage/storage.h"

namespace ingot::storage {

/// A read-only view of `storage` without the files whose canonical locations (location.h) are in `hidden`.
std::unique_ptr<Storage> HideFiles(std::shared_ptr<Storage> storage, std::set<std::string> hidden);

}  // namespace ingot::storage
