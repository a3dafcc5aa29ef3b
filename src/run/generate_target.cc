#include "run/generate_target.h"

#include <filesystem>

#include "base/environment.h"
#include "source/source.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

Status CheckWritable(const std::string& uri) {
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kBadConfig, "the source " + uri + " " + why + ": set the destination with --to");
  };
  if (source::IsKafkaUri(uri)) return uri.find("/^") == std::string::npos ? Status() : refuse("is a pattern of topics");
  const auto path = storage::LocalPath(uri);
  if (!path) return refuse("is not a local directory");
  std::error_code error;
  return std::filesystem::is_regular_file(*path, error) ? refuse("is a file") : Status();
}

}  // namespace

Result<GenerateTarget> FindGenerateTarget(const OpenOptions& open_options) {
  GenerateTarget target{.uri = open_options.source, .kafka = {}};
  if (target.uri.empty() && HasPipelineFile(open_options)) {
    INGOT_ASSIGN(const auto pipeline, pipeline::LoadPipeline(open_options.pipeline_file));
    if (pipeline.source.format != "json")
      return Fail(ErrorKind::kBadConfig, "the source of " + open_options.pipeline_file + " is " +
                                             pipeline.source.format +
                                             ", and generated records are JSON lines: set the destination with --to");
    target = {.uri = SourceUri(open_options, pipeline), .kafka = pipeline.source.kafka};
  } else if (target.uri.empty()) {
    const std::string broker = EnvironmentOr("KAFKA_BROKER");
    target.uri =
        broker.empty() ? kDefaultSource : "kafka://" + broker + "/" + EnvironmentOr("KAFKA_TOPIC", "speedtest_raw");
  }
  INGOT_TRY(CheckWritable(target.uri));
  return target;
}

}  // namespace ingot::run
