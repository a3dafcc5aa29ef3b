#include "run/parse_again.h"

#include "bronze/rebuild_sample.h"
#include "pipeline/definition.h"

namespace ingot::run {

silver::ParserFactory ParserOf(const stage::Environment& environment) {
  return [&environment](const iceberg::Table& bronze, const iceberg::Schema& from) -> Result<silver::RowsFunction> {
    return bronze::MakeRebuildRows(environment, bronze, from, BronzeDefinition(*environment.pipeline));
  };
}

}  // namespace ingot::run
