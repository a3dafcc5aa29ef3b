#include "run/generate_target.h"

#include <cstdlib>
#include <filesystem>

#include "storage/location.h"

namespace ingot::run {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Status CheckWritable(const std::string& uri) {
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kBadConfig, "the source " + uri + " " + why + ": say where records go with --to");
  };
  if (uri.starts_with("kafka://"))
    return uri.find("/^") == std::string::npos ? Status() : refuse("is a pattern of topics");
  const auto path = storage::LocalPath(uri);
  if (!path) return refuse("is not a local directory");
  std::error_code error;
  return std::filesystem::is_regular_file(*path, error) ? refuse("is a file") : Status();
}

}  // namespace

Result<GenerateTarget> FindGenerateTarget(const OpenOptions& open_options) {
  GenerateTarget target{.uri = open_options.source, .kafka = {}};
  std::error_code error;
  const bool has_file =
      open_options.pipeline_named || std::filesystem::exists(open_options.pipeline_file, error) || error;
  if (target.uri.empty() && has_file) {
    INGOT_ASSIGN(const auto pipeline, pipeline::LoadPipeline(open_options.pipeline_file));
    if (pipeline.source.format != "json")
      return Fail(ErrorKind::kBadConfig, "the source of " + open_options.pipeline_file + " is " +
                                             pipeline.source.format +
                                             ", and generated records are JSON lines: say where they go with --to");
    target = {.uri = SourceUri(open_options, pipeline), .kafka = pipeline.source.kafka};
  } else if (target.uri.empty()) {
    const std::string broker = Environment("KAFKA_BROKER"), topic = Environment("KAFKA_TOPIC");
    target.uri =
        broker.empty() ? kDefaultSource : "kafka://" + broker + "/" + (topic.empty() ? "speedtest_raw" : topic);
  }
  INGOT_TRY(CheckWritable(target.uri));
  return target;
}

}  // namespace ingot::run
