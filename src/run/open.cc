#include "run/open.h"

#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/arrow_result.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "catalog/open.h"
#include "run/found_tables.h"
#include "storage/location.h"

namespace ingot::run {

namespace {

/// Buffers of some megabytes come and go with every batch. They are taken from what the batch before has freed, instead
/// of from the kernel, which would have to clear each page again. Threads share a few
/// heaps, so that one takes what another has freed.
void KeepFreedMemory(int64_t budget_bytes, int threads) {
  mallopt(M_ARENA_MAX, std::max(2, threads));
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, int(std::min<int64_t>(128 << 20, budget_bytes / 16)));
}

}  // namespace

std::string CatalogUri(const Place& place) {
  if (!place.catalog.empty()) return place.catalog;
  const auto folder = storage::LocalPath(storage::AbsoluteLocation(place.warehouse));
  return folder ? "sqlite://" + *folder + "/catalog.db" : "";
}

Result<Lakehouse> OpenEmptyLakehouse(const Place& place) {
  // Metadata names its files in JSON.
  if (!IsUtf8(storage::AbsoluteLocation(place.warehouse)))
    return Fail(ErrorKind::kBadConfig, "the path of the warehouse is not UTF-8, which tables cannot say: " +
                                           ReplaceInvalidUtf8(place.warehouse) + " (name another with --warehouse)");
  const std::string uri = CatalogUri(place);
  if (uri.empty())
    return Fail(ErrorKind::kBadConfig, "the warehouse " + place.warehouse +
                                           " needs a catalog: name one with --catalog, e.g. "
                                           "postgresql://user@host:5432/database");
  // Before any thread computes: while functions are added, Arrow's registry does not find those that it has.
  INGOT_TRY(InitializeKernels());
  Lakehouse house;
  INGOT_ASSIGN(house.catalog,
               catalog::OpenCatalog(uri, place.warehouse == kDefaultWarehouse ? "" : place.warehouse,
                                    place.creates ? catalog::IfMissing::kCreate : catalog::IfMissing::kReadNothing));
  // The warehouse of a catalog that chooses locations is a name of its own, not a location.
  const bool location = !house.catalog->ChoosesLocations();
  INGOT_ASSIGN(house.storage, storage::OpenStorage(location ? place.warehouse : kDefaultWarehouse));
  return house;
}

Result<Lakehouse> OpenLakehouse(const Place& place) {
  INGOT_ASSIGN(auto house, OpenEmptyLakehouse(place));
  if (!house.catalog->ChoosesLocations()) INGOT_TRY(RefuseLostCatalog(house, place));
  return house;
}

std::string SourceUri(const Place& place, const pipeline::Pipeline& pipeline) {
  if (!place.source.empty()) return place.source;
  return pipeline.source.uri.empty() ? kDefaultSource : pipeline.source.uri;
}

namespace {

Result<OpenPlace> OpenWith(const Place& place, pipeline::Pipeline pipeline) {
  OpenPlace open;
  open.pipeline = std::make_unique<pipeline::Pipeline>(std::move(pipeline));
  open.environment.pipeline = open.pipeline.get();
  open.environment.warehouse = storage::AbsoluteLocation(place.warehouse);
  INGOT_ASSIGN(auto house, OpenLakehouse(place));
  open.environment.catalog = std::move(house.catalog);
  open.environment.storage = std::move(house.storage);
  open.source = SourceUri(place, *open.pipeline);
  open.environment.threads = place.threads > 0 ? place.threads : int(std::max(1u, std::thread::hardware_concurrency()));
  if (place.memory_bytes > 0) open.environment.memory_bytes = place.memory_bytes;
  KeepFreedMemory(open.environment.memory_bytes, open.environment.threads);
  return open;
}

}  // namespace

Result<OpenPlace> Open(const Place& place) {
  INGOT_ASSIGN(auto pipeline, pipeline::LoadPipeline(place.pipeline_file));
  return OpenWith(place, std::move(pipeline));
}

Result<OpenPlace> OpenTables(const Place& place) {
  std::error_code error;
  const bool there = std::filesystem::exists(place.pipeline_file, error) || error;
  return place.pipeline_named || there ? Open(place) : OpenWith(place, {});
}

}  // namespace ingot::run
