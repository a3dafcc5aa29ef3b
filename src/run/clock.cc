#include "run/clock.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>

#include "base/clock.h"
#include "pipeline/tables.h"
#include "stage/report.h"
#include "storage/location.h"

namespace ingot::run {
namespace {

using stage::Environment;

constexpr int64_t kBehindMin = 2 * kMicrosPerHour, kBehindMax = kMicrosPerDay;
constexpr int64_t kIdleMax = 400 * kMicrosPerDay;  // without a run
constexpr int64_t kAheadMin = 3 * kMicrosPerDay, kAheadMax = 30 * kMicrosPerDay;

struct KnownTime {
  int64_t micros = 0;
  std::string what;
};

int64_t BehindMaxOf(const pipeline::Pipeline& pipeline) {
  int64_t allowed = kBehindMax;
  for (const auto& field : pipeline.fields)
    if (field.time_max_after_now_micros) allowed = std::min(allowed, *field.time_max_after_now_micros);
  return std::max(allowed, kBehindMin);
}

/// Returns when the table was last committed to, by the clock of the stage that did it. Snapshot times never decrease,
/// so one commit by a wrong clock makes them wrong for a long time. Empty for an empty table.
std::optional<int64_t> CommittedAt(const iceberg::TableMetadata& metadata) {
  const auto chain = AncestorsOf(metadata, metadata.current_snapshot_id);
  for (const iceberg::Snapshot* snapshot : chain)
    if (const auto report = stage::ReportOf(*snapshot, ""); report && report->finished_at_micros > 0)
      return report->finished_at_micros;
  return chain.empty() ? std::nullopt : std::optional(chain.front()->timestamp_ms * 1000);
}

/// Returns the newest commit of bronze, silver and gold; empty without a commit or a pipeline file.
Result<std::optional<KnownTime>> NewestCommit(const Environment& environment) {
  std::optional<KnownTime> newest;
  for (const auto& entry : TablesOf(*environment.pipeline, pipeline::kReportedKinds)) {
    const std::string& name = entry.spec->table;
    INGOT_ASSIGN(const auto home, environment.Home(name));
    const auto table = iceberg::LoadTable(home);
    if (!table) continue;  // a table that does not exist or is unreadable gives no time
    const auto at = CommittedAt(*table->metadata);
    if (at && (!newest || *at > newest->micros)) newest = {*at, "table " + name + " was last committed to"};
  }
  return newest;
}

std::optional<KnownTime> ChangedAt(const std::string& file, const std::string& what) {
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  return KnownTime{int64_t(info.st_mtim.tv_sec) * kMicrosPerSecond + info.st_mtim.tv_nsec / 1000,
                   what + " was written"};
}

/// Returns the newest input file, if the files are local.
std::optional<KnownTime> NewestInput(const std::string& source) {
  const auto path = storage::LocalPath(storage::AbsoluteLocation(source));
  if (!path) return std::nullopt;
  std::optional<KnownTime> newest = ChangedAt(*path, "the source " + *path);
  const auto files = storage::MakeLocalStorage()->List(*path);
  if (!files) return newest;
  for (const auto& file : *files)
    if (!newest || file.modified_micros > newest->micros)
      newest = {file.modified_micros, "the input file " + file.location + " was written"};
  return newest;
}

Status ClockError(const KnownTime& known, const char* advice) {
  return Fail(ErrorKind::kRetry,
              fmt::format("this machine's clock says {}, but {} at {}: {}", FormatTimestampMicros(NowMicros()),
                          known.what, FormatTimestampMicros(known.micros), advice));
}

Status CheckPossible(const Environment& environment, const ClockOptions& options,
                     const std::optional<KnownTime>& commit) {
  std::vector<std::optional<KnownTime>> known_times{commit, ChangedAt("/proc/self/exe", "this program's file")};
  if (!commit && !options.source.empty()) known_times.push_back(NewestInput(options.source));
  for (const auto& known : known_times)
    if (known && known->micros - NowMicros() > BehindMaxOf(*environment.pipeline))
      return ClockError(*known,
                        "one of the two is wrong. Set the clock; or, when the clock is right, run once with "
                        "--trust-clock");
  if (commit && storage::LocalPath(environment.warehouse) && NowMicros() - commit->micros > kIdleMax)
    return ClockError(*commit,
                      "either nothing has run since, or the clock is far ahead. Set the clock; or, when it is right, "
                      "run once with --trust-clock");
  return {};
}

int64_t SinceBootMicros() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t(now.tv_sec) * kMicrosPerSecond + now.tv_nsec / 1000;
}

}  // namespace

int64_t AheadMaxOf(std::optional<int64_t> keep_micros) {
  return keep_micros ? std::clamp(*keep_micros / 2, kAheadMin, kAheadMax) : kAheadMax;
}

Status CheckClock(const Environment& environment, const ClockOptions& options) {
  if (options.trusted) return {};
  INGOT_ASSIGN(const auto commit, NewestCommit(environment));
  return CheckPossible(environment, options, commit);
}

Status CheckClockForDeleting(const Environment& environment, const ClockOptions& options, int64_t ahead_max_micros) {
  if (options.trusted) return {};
  INGOT_ASSIGN(const auto commit, NewestCommit(environment));
  INGOT_TRY(CheckPossible(environment, options, commit));
  if (!commit || NowMicros() - commit->micros <= ahead_max_micros) return {};
  return ClockError(*commit,
                    "either nothing has run since, or the clock is far ahead and what is to be deleted for its age is "
                    "not old. When the clock is right: --trust-clock");
}

Status ClockWatch::Check(const Environment& environment, const ClockOptions& options) {
  if (options.trusted) return {};
  const int64_t offset = NowMicros() - SinceBootMicros();
  const int64_t leap = offset_micros_ ? offset - *offset_micros_ : 0;
  if (offset_micros_ && std::abs(leap) < kBehindMin) {
    offset_micros_ = offset;
    return {};
  }
  INGOT_TRY(CheckClock(environment, options));
  if (offset_micros_)
    return Fail(
        ErrorKind::kRetry,
        fmt::format("this machine's clock jumped by {:.1f} hours while the program ran, to {}: set it, or start "
                    "again when it is right now",
                    double(leap) / double(kMicrosPerHour), FormatTimestampMicros(NowMicros())));
  offset_micros_ = offset;
  return {};
}

}  // namespace ingot::run
