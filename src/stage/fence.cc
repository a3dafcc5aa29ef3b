#include "stage/fence.h"

#include "iceberg/summary.h"
#include "pipeline/definition.h"
#include "stage/marks.h"

namespace ingot::stage {

std::string DefinitionIn(const iceberg::TableMetadata& metadata) {
  const std::string property = metadata.Property(kDefinitionProperty, "");
  if (property.empty()) return property;
  const auto newest = iceberg::NewestSummary(metadata, kDefinitionKey);
  return newest && *newest != pipeline::DefinitionId(property) ? "" : property;
}

Status CheckDefinition(const iceberg::TableMetadata& metadata, const std::string& definition,
                       const std::string& table) {
  const std::string have = DefinitionIn(metadata);
  if (have == definition) return {};
  return Fail(
      ErrorKind::kPendingChange,
      "table " + table +
          (have.empty() ? " has no definition: an earlier version made it, or it was rolled back to rows of another one"
                        : " was computed by another pipeline file or program version than this one") +
          ": see the differences with `ingot plan`, then decide with `ingot apply`");
}

void Fence(iceberg::SnapshotChange& change, const std::string& definition, const std::string& table) {
  change.summary[kDefinitionKey] = pipeline::DefinitionId(definition);
  change.validate = [definition, table, also = std::move(change.validate)](const iceberg::TableMetadata& metadata) {
    const Status same = CheckDefinition(metadata, definition, table);
    return same && also ? also(metadata) : same;
  };
}

}  // namespace ingot::stage
