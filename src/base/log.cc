#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_text.h"

namespace ingot {
namespace {

class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string text = JsonQuote({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

spdlog::logger& Logger() {
  static auto logger = [] {
    auto made = spdlog::stderr_color_mt("ingot");
    made->set_pattern("%^%l%$ %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *logger;
}

}  // namespace

void StartLog(LogFormat format, std::string_view level) {
  Logger().set_level(spdlog::level::from_str(std::string(level)));
  if (format == LogFormat::kText) return;
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonMessage>('*');
  formatter->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})");
  Logger().set_formatter(std::move(formatter));
}

void LogDebug(std::string_view message) {
  Logger().debug("{}", message);
}
void LogInfo(std::string_view message) {
  Logger().info("{}", message);
}
void LogWarning(std::string_view message) {
  Logger().warn("{}", message);
}
void LogError(std::string_view message) {
  Logger().error("{}", message);
}

}  // namespace ingot
