// From the words of a command line to an open warehouse.
#pragma once

#include <memory>
#include <string>

#include "pipeline/stage.h"

namespace ingot::run {

struct Place {
  std::string pipeline_file;
  std::string source;
  std::string warehouse = "./warehouse";
  std::string catalog;       // default: sqlite file in the warehouse
  int threads = 0;           // 0: all cores
  int64_t memory_bytes = 0;  // 0: a gibibyte
};

struct OpenPlace {
  std::unique_ptr<pipeline::Pipeline> pipeline;
  pipeline::StageContext context;
};

/// The catalog URI in force: the one given, else a file in the warehouse.
std::string CatalogUri(const Place& place);
/// The source in force: the one given, else the pipeline file's; a Kafka source without KAFKA_BROKER in the environment
/// is replaced by the folder ./landing, so that nothing needs a server by default.
std::string SourceUri(const Place& place, const pipeline::Pipeline& pipeline);

Result<OpenPlace> Open(const Place& place);

}  // namespace ingot::run
