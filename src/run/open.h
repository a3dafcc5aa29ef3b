// Opens the warehouse, the catalog and the pipeline that the options of a command line name.
#pragma once

#include <memory>
#include <string>

#include "stage/environment.h"

namespace ingot::run {

inline constexpr const char* kDefaultWarehouse = "./warehouse";
inline constexpr const char* kDefaultSource = "./landing";

struct OpenOptions {
  std::string pipeline_file;
  bool pipeline_named = false;  // by a flag or the environment: the file must exist
  std::string source;
  std::string warehouse = kDefaultWarehouse;
  std::string catalog;       // default: an SQLite file in the warehouse
  bool creates = false;      // may create the catalog; read-only commands create nothing
  int threads = 0;           // 0: all cores
  int64_t memory_bytes = 0;  // 0: 1 GiB
};

struct OpenedPipeline {
  std::unique_ptr<pipeline::Pipeline> pipeline;
  stage::Environment environment;
  std::string source;         // the current source, a URI
  std::string why_no_tables;  // WhyNoTables, for commands that find none
};

/// Returns the current catalog URI: the given one, else a file in the warehouse. Empty when the warehouse is not
/// local.
std::string CatalogUri(const OpenOptions& open_options);

/// The catalog and the storage of the tables.
struct Lakehouse {
  std::shared_ptr<iceberg::Catalog> catalog;
  std::shared_ptr<storage::Storage> storage;
};
/// Errors: kBadConfig when the catalog is empty but the warehouse contains tables. The catalog was lost or is another
/// one, and every result would be wrong.
Result<Lakehouse> OpenLakehouse(const OpenOptions& open_options);
/// Opens the lakehouse without that check, for commands that register tables.
Result<Lakehouse> OpenEmptyLakehouse(const OpenOptions& open_options);

/// What is missing where no table was found: the warehouse, the catalog, or its tables.
std::string WhyNoTables(const OpenOptions& open_options);

/// Whether there is a pipeline file to load: one was named, or the default file exists or cannot be examined.
bool HasPipelineFile(const OpenOptions& open_options);

/// Returns the current source: the one given by flag or environment, else the one in the pipeline file, unchanged,
/// else the default.
std::string SourceUri(const OpenOptions& open_options, const pipeline::Pipeline& pipeline);

Result<OpenedPipeline> Open(const OpenOptions& open_options);

/// Opens for commands that need no pipeline. If no pipeline file was named and the default file does not exist, the
/// pipeline has no tables.
Result<OpenedPipeline> OpenTables(const OpenOptions& open_options);

}  // namespace ingot::run
