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

/// Every batch allocates and frees buffers of some megabytes. Keeping freed memory lets the next batch reuse it,
/// without the kernel clearing each page again. Threads share a few heaps, so that one thread reuses what another has
/// freed.
void KeepFreedMemory(int64_t budget_bytes, int threads) {
  mallopt(M_ARENA_MAX, std::max(2, threads));
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, int(std::min<int64_t>(128 << 20, budget_bytes / 16)));
}

}  // namespace

std::string CatalogUri(const OpenOptions& open_options) {
  if (!open_options.catalog.empty()) return open_options.catalog;
  const auto folder = storage::LocalPath(storage::AbsoluteLocation(open_options.warehouse));
  return folder ? "sqlite://" + *folder + "/catalog.db" : "";
}

Result<Lakehouse> OpenEmptyLakehouse(const OpenOptions& open_options) {
  // Metadata is JSON and names its files in UTF-8.
  if (!IsUtf8(storage::AbsoluteLocation(open_options.warehouse)))
    return Fail(ErrorKind::kBadConfig, "the path of the warehouse is not UTF-8, which table metadata requires: " +
                                           ReplaceInvalidUtf8(open_options.warehouse) +
                                           " (name another with --warehouse)");
  const std::string uri = CatalogUri(open_options);
  if (uri.empty())
    return Fail(ErrorKind::kBadConfig, "the warehouse " + open_options.warehouse +
                                           " needs a catalog: name one with --catalog, e.g. "
                                           "postgresql://user@host:5432/database");
  // Must run before any thread computes: while functions are added, lookups in Arrow's registry fail.
  INGOT_TRY(InitializeKernels());
  Lakehouse house;
  INGOT_ASSIGN(
      house.catalog,
      catalog::OpenCatalog(uri, open_options.warehouse == kDefaultWarehouse ? "" : open_options.warehouse,
                           open_options.creates ? catalog::IfMissing::kCreate : catalog::IfMissing::kReadNothing));
  // A catalog that chooses locations names its warehouse by its own identifier, not by a location.
  const bool location = !house.catalog->ChoosesLocations();
  INGOT_ASSIGN(house.storage, storage::OpenStorage(location ? open_options.warehouse : kDefaultWarehouse));
  return house;
}

Result<Lakehouse> OpenLakehouse(const OpenOptions& open_options) {
  INGOT_ASSIGN(auto house, OpenEmptyLakehouse(open_options));
  if (!house.catalog->ChoosesLocations()) INGOT_TRY(CheckCatalogNotLost(house, open_options));
  return house;
}

std::string WhyNoTables(const OpenOptions& open_options) {
  constexpr std::string_view kSqlite = "sqlite://";
  const auto is_missing = [](const std::string& path) {
    std::error_code error;
    return !std::filesystem::exists(path, error) && !error;
  };
  const std::string uri = CatalogUri(open_options);
  const auto folder = storage::LocalPath(open_options.warehouse);
  if (folder && is_missing(*folder)) return "the warehouse " + open_options.warehouse + " does not exist";
  if (uri.starts_with(kSqlite) && is_missing(uri.substr(kSqlite.size())))
    return "the catalog " + uri + " does not exist";
  return HasPipelineFile(open_options) ? "the catalog has none of the tables of " + open_options.pipeline_file
                                       : "the catalog has no tables";
}

bool HasPipelineFile(const OpenOptions& open_options) {
  std::error_code error;
  return open_options.pipeline_named || std::filesystem::exists(open_options.pipeline_file, error) || error;
}

std::string SourceUri(const OpenOptions& open_options, const pipeline::Pipeline& pipeline) {
  if (!open_options.source.empty()) return open_options.source;
  return pipeline.source.uri.empty() ? kDefaultSource : pipeline.source.uri;
}

namespace {

Result<OpenedPipeline> OpenWith(const OpenOptions& open_options, pipeline::Pipeline pipeline) {
  OpenedPipeline open;
  open.pipeline = std::make_unique<pipeline::Pipeline>(std::move(pipeline));
  open.environment.pipeline = open.pipeline.get();
  open.environment.warehouse = storage::AbsoluteLocation(open_options.warehouse);
  INGOT_ASSIGN(auto house, OpenLakehouse(open_options));
  open.environment.catalog = std::move(house.catalog);
  open.environment.storage = std::move(house.storage);
  if (!open.environment.catalog->ChoosesLocations()) INGOT_TRY(CheckTablesNotLost(open.environment));
  open.why_no_tables = WhyNoTables(open_options);
  open.source = SourceUri(open_options, *open.pipeline);
  open.environment.threads =
      open_options.threads > 0 ? open_options.threads : int(std::max(1u, std::thread::hardware_concurrency()));
  if (open_options.memory_bytes > 0) open.environment.memory_bytes = open_options.memory_bytes;
  KeepFreedMemory(open.environment.memory_bytes, open.environment.threads);
  return open;
}

}  // namespace

Result<OpenedPipeline> Open(const OpenOptions& open_options) {
  INGOT_ASSIGN(auto pipeline, pipeline::LoadPipeline(open_options.pipeline_file, open_options.source));
  return OpenWith(open_options, std::move(pipeline));
}

Result<OpenedPipeline> OpenTables(const OpenOptions& open_options) {
  return HasPipelineFile(open_options) ? Open(open_options) : OpenWith(open_options, {});
}

}  // namespace ingot::run
