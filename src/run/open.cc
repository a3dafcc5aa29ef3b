#include "run/open.h"

#include <cstdlib>
#include <thread>

#include "catalog/open.h"
#include "storage/location.h"

namespace ingot::run {

std::string CatalogUri(const Place& place) {
  if (!place.catalog.empty()) return place.catalog;
  const auto folder = storage::LocalPath(storage::AbsoluteLocation(place.warehouse));
  return "sqlite://" + (folder ? *folder : "/tmp") + "/catalog.db";
}

std::string SourceUri(const Place& place, const pipeline::Pipeline& pipeline) {
  if (!place.source.empty()) return place.source;
  const bool kafka = pipeline.source.uri.starts_with("kafka://");
  const bool asked = std::getenv("KAFKA_BROKER") != nullptr;
  return pipeline.source.uri.empty() || (kafka && !asked) ? "./landing" : pipeline.source.uri;
}

Result<OpenPlace> Open(const Place& place) {
  OpenPlace open;
  INGOT_ASSIGN(auto pipeline, pipeline::LoadPipeline(place.pipeline_file));
  open.pipeline = std::make_unique<pipeline::Pipeline>(std::move(pipeline));
  open.context.pipeline = open.pipeline.get();
  open.context.warehouse = storage::AbsoluteLocation(place.warehouse);
  INGOT_ASSIGN(open.context.storage, storage::OpenStorage(open.context.warehouse));
  INGOT_ASSIGN(open.context.catalog, catalog::OpenCatalog(CatalogUri(place)));
  open.context.source = SourceUri(place, *open.pipeline);
  open.context.threads = place.threads > 0 ? place.threads : int(std::max(1u, std::thread::hardware_concurrency()));
  if (place.memory_bytes > 0) open.context.memory_bytes = place.memory_bytes;
  return open;
}

}  // namespace ingot::run
