// From the words of a command line to an open warehouse.
#pragma once

#include <memory>
#include <string>

#include "stage/environment.h"

namespace ingot::run {

inline constexpr const char* kDefaultWarehouse = "./warehouse";
inline constexpr const char* kDefaultSource = "./landing";

struct OpenOptions {
  std::string pipeline_file;
  bool pipeline_named = false;  // by a flag or the environment: then it has to be there
  std::string source;
  std::string warehouse = kDefaultWarehouse;
  std::string catalog;       // default: sqlite file in the warehouse
  bool creates = false;      // the catalog may be created: read-only commands create nothing
  int threads = 0;           // 0: all cores
  int64_t memory_bytes = 0;  // 0: a gibibyte
};

struct OpenedPipeline {
  std::unique_ptr<pipeline::Pipeline> pipeline;
  stage::Environment environment;
  std::string source;  // in force: a URI
};

/// The catalog URI in force: the one given, else a file in the warehouse; empty when that is not local.
std::string CatalogUri(const OpenOptions& open_options);

/// Where the tables are.
struct Lakehouse {
  std::shared_ptr<iceberg::Catalog> catalog;
  std::shared_ptr<storage::Storage> storage;
};
/// Errors: kBadConfig for a catalog without tables beside a warehouse that holds some: it was lost, or it is another
/// one, and every answer would be wrong.
Result<Lakehouse> OpenLakehouse(const OpenOptions& open_options);
/// The same for what enters tables into the catalog.
Result<Lakehouse> OpenEmptyLakehouse(const OpenOptions& open_options);

/// The source in force: the one given by flag or environment, else the pipeline file's as it is written, else the
/// default.
std::string SourceUri(const OpenOptions& open_options, const pipeline::Pipeline& pipeline);

Result<OpenedPipeline> Open(const OpenOptions& open_options);

/// For what can work on tables of no pipeline: when no pipeline file was named and none is there, the pipeline has no
/// tables.
Result<OpenedPipeline> OpenTables(const OpenOptions& open_options);

}  // namespace ingot::run
