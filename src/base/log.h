// The program's log on stderr, as text or as JSON lines.
#pragma once

#include <string_view>

namespace ingot {

enum class LogFormat { kText, kJson };

/// Call once at program start. `level` is debug, info, warning or error.
void StartLog(LogFormat format, std::string_view level);

void LogDebug(std::string_view message);
void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

}  // namespace ingot
