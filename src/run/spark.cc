#include "run/spark.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/environment.h"
#include "base/subprocess.h"
#include "catalog/open.h"
#include "pipeline/plan_json.h"

namespace ingot::run {
namespace {

namespace fs = std::filesystem;
using stage::StageReport;

constexpr size_t kOutputMax = 4096;

/// A folder that only this user can read. It is deleted with the object.
class PrivateFolder {
 public:
  Status Make() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "ingot-spark-").string() + std::string(6, 'X');
    if (error || mkdtemp(name.data()) == nullptr)
      return Fail(ErrorKind::kBadConfig, "cannot create a folder for temporary files (TMPDIR) as " + name + ": " +
                                             (error ? error.message() : std::strerror(errno)));
    folder_ = name;
    return {};
  }
  ~PrivateFolder() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  Result<std::string> Write(const char* name, const std::string& text) const {
    const std::string file = folder_ / name;
    std::ofstream out(file);
    out << text;
    out.close();
    if (!out) return Fail(ErrorKind::kInternal, "could not be written: " + file);
    return file;
  }

 private:
  fs::path folder_;
};

Result<std::string> JarsOf(const std::string& folder) {
  if (folder.empty()) return std::string();
  std::error_code failed;
  std::vector<std::string> jars;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".jar") jars.push_back(entry.path().string());
  if (failed) return Fail(ErrorKind::kNotFound, "INGOT_SPARK_JARS: " + folder + ": " + failed.message());
  std::ranges::sort(jars);
  return fmt::format("{}", fmt::join(jars, ","));
}

/// Keeps the beginning and the end of the output: a stack trace has its cause at one of its ends.
void AppendOutput(std::string& output, std::string_view line) {
  output.append(line).append("\n");
  if (output.size() > 2 * kOutputMax) output.replace(kOutputMax / 2, output.size() - kOutputMax, "\n…\n");
}

/// Returns the program of the stage in the folder of jobs.
std::string JobOf(stage::Stage stage) {
  switch (stage) {
    case stage::Stage::kBronze:
      return "ingest_bronze.py";
    case stage::Stage::kSilver:
      return "bronze_to_silver.py";
    case stage::Stage::kGold:
      return "silver_to_gold.py";
  }
  return "";
}

/// A value of a Java properties file. Source: java.util.Properties.load.
std::string EscapedProperty(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool ends_key = c == ' ' || c == '=' || c == ':';
    if (c == '\\' || (ends_key && text.empty())) text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text;
}

/// Returns the settings by which Spark finds the catalog and the storage, by name. Errors: kBadConfig.
Result<std::map<std::string, std::string>> SparkSettings(const OpenOptions& open_options,
                                                         const stage::Environment& environment) {
  const std::string catalog_key = "spark.sql.catalog." + environment.catalog->Name(), uri = CatalogUri(open_options);
  std::map<std::string, std::string> settings{
      {"spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"},
      {"spark.log.level", "WARN"},
      {"spark.redaction.regex", "(?i)secret|password|token|credential|access[.]?key"},
      {"spark.sql.session.timeZone", "UTC"},
      {catalog_key, "org.apache.iceberg.spark.SparkCatalog"},
      {catalog_key + ".cache-enabled", "false"},
      {catalog_key + ".warehouse",
       environment.catalog->ChoosesLocations() ? open_options.warehouse : environment.warehouse}};
  INGOT_ASSIGN(const auto properties, catalog::JavaProperties(uri));
  for (const auto& [key, value] : properties) settings[catalog_key + "." + key] = value;
  if (environment.warehouse.starts_with("s3")) {
    settings[catalog_key + ".io-impl"] = "org.apache.iceberg.aws.s3.S3FileIO";
    settings[catalog_key + ".client.region"] = EnvironmentOr("AWS_REGION", "us-east-1");
    const std::string endpoint = EnvironmentOr("INGOT_S3_ENDPOINT", EnvironmentOr("AWS_ENDPOINT_URL"));
    if (!endpoint.empty()) {
      settings[catalog_key + ".s3.endpoint"] = endpoint;
      settings[catalog_key + ".s3.path-style-access"] = "true";
    }
  }
  return settings;
}

}  // namespace

Result<std::vector<StageReport>> RunOnSpark(const OpenOptions& open_options, const stage::Environment& environment,
                                            stage::Stage stage, const SparkOptions& options) {
  const fs::path folder = EnvironmentOr("INGOT_SPARK_JOBS", "deploy/spark/jobs");
  if (!fs::exists(folder / "ingot_spark.py"))
    return Fail(ErrorKind::kNotFound, "no Spark jobs in " + folder.string() +
                                          ": set INGOT_SPARK_JOBS to the folder deploy/spark/jobs of the sources");
  pipeline::Pipeline pipeline = *environment.pipeline;
  pipeline.source.uri = options.source;
  INGOT_ASSIGN(const std::string compiled,
               PlanToJson(pipeline, pipeline::Dialect::kSpark, environment.catalog->Name()));
  INGOT_ASSIGN(const auto settings, SparkSettings(open_options, environment));
  INGOT_ASSIGN(const std::string jars, JarsOf(EnvironmentOr("INGOT_SPARK_JARS")));
  std::string properties;
  for (const auto& [key, value] : settings) properties += key + " " + EscapedProperty(value) + "\n";
  PrivateFolder secret;  // the settings may hold a password
  INGOT_TRY(secret.Make());
  INGOT_ASSIGN(const std::string compiled_file, secret.Write("compiled.json", compiled));
  INGOT_ASSIGN(const std::string settings_file, secret.Write("spark.conf", properties));
  const std::string job = JobOf(stage);
  std::vector<std::string> command{EnvironmentOr("INGOT_SPARK_SUBMIT", "spark-submit"),
                                   "--master",
                                   options.master,
                                   "--properties-file",
                                   settings_file,
                                   "--load-spark-defaults"};
  if (!jars.empty()) command.insert(command.end(), {"--jars", jars});
  command.insert(command.end(), {(folder / job).string(), "--compiled", compiled_file});
  if (stage == stage::Stage::kSilver && options.silver_until)
    command.insert(command.end(), {"--until", fmt::format("{}", *options.silver_until)});
  std::vector<StageReport> reports;
  std::string output;  // Python also writes warnings to standard output
  INGOT_ASSIGN(const ProcessResult end, RunProcess(command, [&](std::string_view line) {
                 if (auto report = stage::ReportFromJson(line, pipeline::Dialect::kSpark))
                   reports.push_back(std::move(*report));
                 else
                   AppendOutput(output, line);
               }));
  if (end.exit_code != 0)
    return Fail(ErrorKind::kInternal,
                fmt::format("{} ended with {}:\n{}{}", job, end.exit_code, end.stderr_tail, output));
  if (reports.empty()) return Fail(ErrorKind::kInternal, job + " ended without a report");
  return reports;
}

}  // namespace ingot::run
