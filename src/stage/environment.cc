#include "stage/environment.h"

namespace ingot::stage {

Result<iceberg::TableHome> Environment::Home(const std::string& table) const {
  INGOT_ASSIGN(auto name, iceberg::ParseTableName(table, catalog->Name()));
  return iceberg::TableHome{catalog, storage, std::move(name)};
}

}  // namespace ingot::stage
