#include <fmt/format.h>

#include <cstdio>

#include "base/clock.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "iceberg/value.h"
#include "run/generate_target.h"
#include "source/generator.h"

namespace ingot::cli {
namespace {

struct Options {
  source::GeneratorOptions generator;
  std::string start;
};

Status Generate(const Shared& shared, const Options& options) {
  source::GeneratorOptions generator = options.generator;
  if (generator.to.empty()) {
    INGOT_ASSIGN(auto target, run::FindGenerateTarget(shared.open_options));
    generator.to = std::move(target.uri);
    generator.kafka = std::move(target.kafka);
  }
  // With a rate, records have the time of their creation. Otherwise they fill a day that ends now, or begins at
  // --start.
  if (generator.rate > 0 && options.start.empty()) {
    generator.start_micros = NowMicros();
    generator.span_micros = int64_t(double(generator.records) / generator.rate * 1e6);
  } else {
    generator.start_micros = NowMicros() - generator.span_micros - 60'000'000;
  }
  if (!options.start.empty()) {
    auto start = iceberg::ParseValue(options.start, {.id = iceberg::TypeId::kTimestamptz});
    if (!start) return Fail(ErrorKind::kBadConfig, "--start: " + start.error().message);
    generator.start_micros = std::get<int64_t>(*start);
  }
  Stopwatch watch;
  ProgressLine progress("generate", generator.records, "records");
  INGOT_ASSIGN(const auto made, source::Generate(generator, [&](int64_t records) { progress.Add(records); }));
  const double seconds = std::max(watch.Seconds(), 1e-6);
  fmt::print(stderr, "{} records, {} to {} in {:.2f} s: {} records/s\n", made.records, HumanBytes(double(made.bytes)),
             generator.to == "-" ? "standard output" : generator.to, seconds,
             HumanCount(double(made.records) / seconds));
  return {};
}

}  // namespace

void AddGenerate(CLI::App& app, Shared& shared) {
  auto* command = app.add_subcommand("generate", "Generate speed-test records");
  auto options = std::make_shared<Options>();
  AddShared(*command, shared);
  auto& generator = options->generator;
  command->add_option("--records", generator.records, "Number of records")
      ->envname("RECORDS_TO_GENERATE")
      ->check(AtLeast(0))
      ->capture_default_str();
  command->add_option("--rate", generator.rate, "Records per second; 0: as fast as possible")
      ->envname("MESSAGES_PER_SECOND")
      ->check(AtLeast(0))
      ->capture_default_str();
  command
      ->add_option("--to", generator.to,
                   "Directory, kafka://host:port/topic, or - for standard output; default: the source, that is "
                   "--source or the pipeline file's")
      ->envname("INGOT_GENERATE_TO");
  command->add_option("--seed", generator.seed, "Equal seeds and options give equal records")->capture_default_str();
  command
      ->add_option("--dirty", generator.dirty,
                   "Share of broken records: nulls, duplicates, malformed, out of range, late")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--users", generator.users, "Number of users")->check(AtLeast(1))->capture_default_str();
  command->add_option("--partitions", generator.partitions, "Partitions of the Kafka topic, if it must be created")
      ->check(AtLeast(1))
      ->capture_default_str();
  command->add_option("--start", options->start,
                      "Time of the first record, e.g. 2024-07-19; default: a day ago, with --rate now");
  command->footer(
      "Examples:\n  ingot generate --records 5000000 --dirty 0.02 --to landing\n  ingot generate --records 10 --to - "
      "--start 2024-07-19\n  ingot generate --records 1000000 --rate 10000 --to kafka://localhost:9092/speedtest_raw");
  command->callback([&shared, options] { shared.command = [&shared, options] { return Generate(shared, *options); }; });
}

}  // namespace ingot::cli
