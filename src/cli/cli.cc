#include "cli/cli.h"

#include <fmt/format.h>
#include <unistd.h>
#include <version.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <system_error>

#include "base/clock.h"
#include "base/log.h"
#include "base/spelling.h"
#include "catalog/open.h"
#include "cli/commands.h"
#include "source/source.h"

namespace ingot::cli {
namespace {

constexpr int64_t kMemoryMin = 16 << 20;
const std::vector<std::string> kLogFormats{"text", "json"};
const std::vector<std::string> kLogLevels{"debug", "info", "warning", "error"};

/// 3, a quality gate, is not an error: the run reports it.
int ExitCode(ErrorKind kind) {
  if (kind == ErrorKind::kBadConfig) return 2;
  return kind == ErrorKind::kPendingChange ? 4 : 1;
}

/// The environment overrides defaults, and flags override the environment. It is read once here, because every command
/// has its own set of flags.
void ReadEnvironment(Shared& shared) {
  const std::pair<const char*, std::string*> variables[] = {{"INGOT_PIPELINE", &shared.open_options.pipeline_file},
                                                            {"INGOT_SOURCE", &shared.open_options.source},
                                                            {"INGOT_WAREHOUSE", &shared.open_options.warehouse},
                                                            {"INGOT_CATALOG", &shared.open_options.catalog},
                                                            {"INGOT_MEMORY", &shared.memory},
                                                            {"INGOT_LOG_FORMAT", &shared.log_format},
                                                            {"INGOT_LOG_LEVEL", &shared.log_level}};
  for (const auto& [name, value] : variables)
    if (const char* text = std::getenv(name); text != nullptr && *text != '\0') {
      *value = text;
      shared.open_options.pipeline_named |= value == &shared.open_options.pipeline_file;
    }
}

void PrintError(const Shared& shared, const Error& error) {
  if (shared.Json()) return LogError(std::string(ErrorKindName(error.kind)) + ": " + error.message);
  const bool colour = isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  // Not fmt::print, which throws when standard error is closed.
  const std::string text =
      fmt::format("{}error:{} {}\n", colour ? "\x1b[31m" : "", colour ? "\x1b[0m" : "", error.message);
  std::fwrite(text.data(), 1, text.size(), stderr);  // zero bytes in the input do not truncate the message
}

/// Returns the requested command, as far as it is known. Stores its words in `path`.
const CLI::App* RequestedCommand(const CLI::App& app, std::string& path) {
  const CLI::App* command = &app;
  for (; !command->get_subcommands().empty(); path += " " + command->get_name())
    command = command->get_subcommands().back();
  return command;
}

/// Returns the word of the command line that the command does not know, with the nearest known word. Returns "" when
/// something else is wrong.
std::string UnknownWord(const CLI::App& app, const CLI::App& command, int argc, char** argv) {
  const auto unknown = app.remaining(true);
  const auto first = std::find_first_of(argv + 1, argv + argc, unknown.begin(), unknown.end());
  if (first == argv + argc) return {};
  const std::string word = *first;
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    return "unknown option '" + word + "'" + DidYouMean(word, known);
  }
  for (const CLI::App* one : command.get_subcommands({})) known.push_back(one->get_name());
  return (known.empty() ? "one argument too many: '" : "unknown command '") + word + "'" + DidYouMean(word, known);
}

/// Runs the command and flushes its output. `closed`: the reader closed the output early, as in `ingot query … | head
/// -1`, and nothing else is wrong.
Status RunCommand(const Shared& shared, bool& closed) {
  Status outcome;
  int code = 0;
  try {
    outcome = shared.command();
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0)
      code = error.code().value();  // of fmt::print
    else
      outcome = Fail(ErrorKind::kRetry, error.what());
  } catch (const std::exception& error) {
    outcome = Fail(ErrorKind::kInternal, error.what());
  }
  if (std::fflush(stdout) != 0 || (std::ferror(stdout) != 0 && code == 0)) code = errno;
  closed = code == EPIPE && (outcome || outcome.error().kind == ErrorKind::kCancelled);
  if (code != 0 && outcome)
    outcome = Fail(ErrorKind::kRetry, std::string("cannot write to standard output: ") + std::strerror(code));
  return outcome;
}

/// Errors: kBadConfig for a value of the environment that the flag would not accept.
Status CheckEnvironment(const Shared& shared) {
  const auto check = [](const char* name, const std::string& value, const std::vector<std::string>& known) -> Status {
    if (std::ranges::find(known, value) != known.end()) return {};
    return Fail(ErrorKind::kBadConfig, fmt::format("{}: '{}' is none of {}", name, value, fmt::join(known, ", ")));
  };
  INGOT_TRY(check("INGOT_LOG_FORMAT", shared.log_format, kLogFormats));
  return check("INGOT_LOG_LEVEL", shared.log_level, kLogLevels);
}

/// Runs the command. Returns the exit code.
int Finish(const Shared& shared) {
  bool closed = false;
  const Status outcome = RunCommand(shared, closed);
  if (outcome || closed) return shared.exit_code;
  PrintError(shared, outcome.error());
  return ExitCode(outcome.error().kind);
}

Result<int64_t> ParseMemory(const std::string& text) {
  INGOT_ASSIGN(const int64_t bytes, ParseBytes("--memory", text));
  if (bytes < kMemoryMin) return Fail(ErrorKind::kBadConfig, "--memory: " + text + " is too small (at least 16MiB)");
  return bytes;
}

}  // namespace

Result<int32_t> ParseDay(const char* flag, const std::string& text) {
  int year = 0, month = 0, day = 0, used = 0;
  const bool shaped = std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 &&
                      size_t(used) == text.size() && text.size() == 10 && month >= 1 && month <= 12 && day >= 1;
  const int64_t days = shaped ? DaysFromCivil(year, unsigned(month), unsigned(day)) : 0;
  if (shaped && CivilFromDays(days).day == unsigned(day)) return int32_t(days);
  return Fail(ErrorKind::kBadConfig, fmt::format("{}: not a day: '{}' (write 2024-07-19)", flag, text));
}

Result<int64_t> ParseBytes(const char* flag, const std::string& text) {
  size_t used = 0;
  double number = 0;
  try {
    number = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  static const std::map<std::string, double> units{
      {"", 1},     {"B", 1},        {"KB", 1e3},        {"MB", 1e6},
      {"GB", 1e9}, {"KIB", 1024.0}, {"MIB", 1048576.0}, {"GIB", 1073741824.0}};
  std::string unit = text.substr(used);
  for (char& c : unit) c = char(std::toupper(uint8_t(c)));
  if (used == 0 || !units.contains(unit) || number <= 0)
    return Fail(ErrorKind::kBadConfig, std::string(flag) + ": not a size: '" + text + "' (write 512MB or 2GiB)");
  return int64_t(number * units.at(unit));
}

CLI::Validator AtLeast(int least) {
  const auto problem = [least](const std::string& text) -> std::string {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && number >= least) return {};
    return fmt::format("'{}' is not a number of at least {}", text, least);
  };
  CLI::Validator validator("");
  return validator.operation(problem);
}

void AddStages(CLI::App& command, std::vector<stage::Stage>& stages, const std::string& help) {
  const auto choose = [&stages](const std::vector<std::string>& names) {
    stages.clear();
    for (const std::string& name : names) stages.push_back(*stage::ParseStage(name));
  };
  std::vector<std::string_view> chosen;
  for (const stage::Stage stage : stages) chosen.push_back(stage::StageName(stage));
  command
      .add_option_function<std::vector<std::string>>("--stage", choose,
                                                     fmt::format("{}: {}", help, fmt::join(stage::StageNames(), ", ")))
      ->delimiter(',')
      ->check(CLI::IsMember(stage::StageNames()))
      ->default_str(fmt::format("[{}]", fmt::join(chosen, ",")));
}

void AddEngine(CLI::App& command, pipeline::Dialect& engine, const std::string& help) {
  const auto choose = [&engine](const std::string& name) {
    for (const pipeline::Dialect dialect : pipeline::kDialects)
      if (name == DialectName(dialect)) engine = dialect;
  };
  command
      .add_option_function<std::string>("--engine", choose,
                                        fmt::format("{}: {}", help, fmt::join(pipeline::DialectNames(), ", ")))
      ->check(CLI::IsMember(pipeline::DialectNames()))
      ->default_str(std::string(DialectName(engine)));
}

void AddShared(CLI::App& command, Shared& shared) {
  command.add_option("--pipeline", shared.open_options.pipeline_file, "Pipeline file [INGOT_PIPELINE]")
      ->capture_default_str()
      ->each([&shared](const std::string&) { shared.open_options.pipeline_named = true; });
  command.add_option("--source", shared.open_options.source,
                     "Where to read: " + source::SourceForms() + "; default: the pipeline file's [INGOT_SOURCE]");
  command
      .add_option("--warehouse", shared.open_options.warehouse,
                  "Directory of the tables, or s3://bucket/prefix [INGOT_WAREHOUSE]")
      ->capture_default_str();
  command.add_option("--catalog", shared.open_options.catalog,
                     catalog::CatalogForms() + "; default: sqlite in the warehouse [INGOT_CATALOG]");
  command.add_option("--threads", shared.open_options.threads, "Threads; default: all cores")->check(AtLeast(0));
  command.add_option("--memory", shared.memory, "Memory budget, e.g. 512MB; default 1GiB [INGOT_MEMORY]");
  command.add_option("--log-format", shared.log_format, "text or json [INGOT_LOG_FORMAT]")
      ->check(CLI::IsMember(kLogFormats))
      ->capture_default_str();
  command.add_option("--log-level", shared.log_level, "debug, info, warning or error [INGOT_LOG_LEVEL]")
      ->check(CLI::IsMember(kLogLevels))
      ->capture_default_str();
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // exceeding the file size limit is an error (EFBIG), it does not end the process
  CLI::App app{
      "Ingot carries JSON and CSV records through bronze, silver and gold Apache Iceberg tables, exactly once.",
      "ingot"};
  app.set_version_flag("--version", "ingot " INGOT_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Try:\n  ingot generate --records 100000 --to landing\n  ingot run --source landing\n  ingot query \"SELECT * "
      "FROM gold.speedtest_agg LIMIT 5\"");
  Shared shared;
  shared.open_options.pipeline_file = "pipelines/speedtest.yaml";
  ReadEnvironment(shared);
#define INGOT_ADD_COMMAND(name) Add##name(app, shared);
  INGOT_COMMANDS(INGOT_ADD_COMMAND)
#undef INGOT_ADD_COMMAND
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help and --version
      shared.command = [&app, error] {
        std::ostringstream text;
        app.exit(error, text, text);
        fmt::print("{}", text.str());
        return Status();
      };
      return Finish(shared);
    }
    std::string path = "ingot";
    const std::string unknown = UnknownWord(app, *RequestedCommand(app, path), argc, argv);
    PrintError(shared, {ErrorKind::kBadConfig,
                        fmt::format("{} (see: {} --help)", unknown.empty() ? error.what() : unknown, path)});
    return 2;
  }
  if (const auto valid = CheckEnvironment(shared); !valid) {
    PrintError(shared, valid.error());
    return ExitCode(valid.error().kind);
  }
  StartLog(shared.Json() ? LogFormat::kJson : LogFormat::kText, shared.log_level);
  if (!shared.memory.empty()) {
    const auto bytes = ParseMemory(shared.memory);
    if (!bytes) {
      PrintError(shared, bytes.error());
      return ExitCode(bytes.error().kind);
    }
    shared.open_options.memory_bytes = *bytes;
  }
  return Finish(shared);
}

}  // namespace ingot::cli
