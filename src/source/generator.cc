#include "source/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <future>
#include <optional>
#include <thread>

#include "source/cities.h"
#include "source/kafka_writer.h"
#include "source/source.h"
#include "storage/location.h"

namespace ingot::source {
namespace {

constexpr int64_t kBlock = 16'384;  // records that share a random stream, so that blocks can be generated in parallel
constexpr double kSlowdown = 0.2;   // of a network at peak use

/// SplitMix64: small, fast, good enough for test data.
struct Random {
  uint64_t state;
  uint64_t Next() {
    uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  double Unit() { return double(Next() >> 11) * 0x1.0p-53; }
  uint64_t Below(uint64_t n) { return uint64_t((__uint128_t(Next()) * n) >> 64); }
};

void AppendInt(std::string& out, uint64_t value) {
  char digits[20];
  char* at = digits + sizeof digits;
  do *--at = char('0' + value % 10);
  while ((value /= 10) != 0);
  out.append(at, size_t(digits + sizeof digits - at));
}

/// Appends a number with two decimals.
void AppendHundredths(std::string& out, uint64_t hundredths) {
  AppendInt(out, hundredths / 100);
  out += '.';
  out += char('0' + hundredths / 10 % 10);
  out += char('0' + hundredths % 10);
}

void AppendUser(std::string& out, uint64_t user, uint64_t seed) {
  static const char kHex[] = "0123456789abcdef";
  Random bits{seed * 0x2545F4914F6CDD1Dull + user};
  const uint64_t high = (bits.Next() & ~0xF000ull) | 0x4000, low = (bits.Next() & ~(3ull << 62)) | (1ull << 63);
  char text[36];
  char* at = text;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) *at++ = '-';
    *at++ = kHex[((nibble < 16 ? high : low) >> (60 - 4 * (nibble % 16))) & 15];
  }
  out.append(text, sizeof text);
}

/// Draws a right-skewed value around `median`, never zero, in hundredths.
uint64_t Skewed(Random& random, double median) {
  const double u = random.Unit() + random.Unit() - 1;  // triangular in (-1, 1)
  return uint64_t(median * 100 * (1 + u * (u > 0 ? 1.8 : 0.85))) + 1;
}

struct Record {
  int64_t millis;
  uint64_t user;
  uint64_t upload, download, latency;
  std::string_view location;
};

void AppendRecord(std::string& out, const Record& record, uint64_t seed) {
  out += "{\"timestamp\": ";
  AppendInt(out, uint64_t(record.millis));
  out += ", \"user_id\": \"";
  AppendUser(out, record.user, seed);
  out += "\", \"upload_speed\": ";
  AppendHundredths(out, record.upload);
  out += ", \"download_speed\": ";
  AppendHundredths(out, record.download);
  out += ", \"latency\": ";
  AppendHundredths(out, record.latency);
  out += ", \"location\": \"";
  out += record.location;
  out += "\"}\n";
}

void Replace(std::string& line, std::string_view from, std::string_view to) {
  const size_t at = line.find(from);
  if (at != std::string::npos) line.replace(at, from.size(), to);
}

/// Appends a record with one of the defects of real streams.
void AppendDirty(std::string& out, Record record, Random& random, std::string& previous, uint64_t seed) {
  constexpr int64_t kDayMillis = 86'400'000;
  std::string line;
  const uint64_t way = random.Below(12);
  if (way == 0 && !previous.empty()) line = previous;                        // duplicate
  if (way == 1) record.millis -= int64_t(random.Below(3 * kDayMillis));      // late
  if (way == 2) record.download = 10'000'000 + random.Below(1'000'000'000);  // out of range
  if (way == 3) record.latency = 6'000'001 + random.Below(1'000'000);
  if (line.empty()) AppendRecord(line, record, seed);
  if (way == 4) Replace(line, "\"location\": \"" + std::string(record.location), "\"location\": \"   ");
  if (way == 5) Replace(line, "\"" + std::string(record.location) + "\"", "null");
  if (way == 6) line = line.substr(0, line.find(", \"latency\"")) + "}\n";  // fields missing
  if (way == 7) line = line.substr(0, 20 + random.Below(60)) + "\n";        // truncated
  if (way == 8) Replace(line, "\"upload_speed\": ", "\"upload_speed\": \"fast\", \"was\": ");
  if (way == 9) Replace(line, "\"timestamp\": 1", "\"timestamp\": 91");          // far future
  if (way == 10) Replace(line, "\"location\": \"", "\"location\": \"\xFF\xFE");  // not UTF-8
  if (way == 11) Replace(line, "\"upload_speed\": ", "\"upload_speed\": -");
  out += line;
}

void GenerateBlock(const GeneratorOptions& options, int64_t block, int64_t begin, int64_t end, std::string& out) {
  Random random{options.seed * 0xD1342543DE82EF95ull + uint64_t(block)};
  const double days = double(options.span_micros) / 86'400e6;
  std::optional<TestDay> today;
  double today_number = 0;
  std::string previous;
  for (int64_t i = block * kBlock; i < end; ++i) {
    const double share = double(i) / double(options.records) * days, day = std::floor(share);
    if (!today || day != today_number)
      today.emplace(options.start_micros + int64_t(day * 86'400e6)), today_number = day;
    // A span below a day, or a rate: tests are spread evenly, over the cities where people are awake.
    const double time = days >= 1 ? today->TimeOf(share - day) : share - day;
    const auto [city, load] = today->Pick(time, random.Unit());
    const double speed = city->speed * (1 - kSlowdown * load);
    const uint64_t users = uint64_t(options.users);
    // Some people test often: the square favors low numbers.
    const double unit = random.Unit();
    Record record{
        .millis = (options.start_micros + int64_t((day + time) * 86'400e6)) / 1000 + int64_t(random.Below(1000)),
        .user = std::min(users - 1, uint64_t(unit * unit * double(users))),
        .upload = Skewed(random, speed * 0.35),
        .download = Skewed(random, speed),
        .latency = Skewed(random, city->latency * (1 + kSlowdown * load)),
        .location = city->name};
    const size_t line = out.size();
    if (options.dirty > 0 && random.Unit() < options.dirty)
      AppendDirty(out, record, random, previous, options.seed);
    else
      AppendRecord(out, record, options.seed);
    if (options.dirty > 0 && random.Below(64) == 0) previous = out.substr(line);
    if (i < begin) out.resize(line);
  }
}

/// The destination of records. Files appear under their names only when complete.
class Output {
 public:
  virtual ~Output() = default;
  virtual Status Begin(int64_t number) = 0;  // begins the next file
  virtual Status Write(const std::string& lines) = 0;
  virtual Status End() = 0;
};

class FileOutput : public Output {
 public:
  FileOutput(const GeneratorOptions& options, std::string folder)
      : options_(options), folder_(std::move(folder)), to_stdout_(options.to == "-") {}

  Status Begin(int64_t number) override {
    if (to_stdout_) {
      file_ = stdout;
      name_ = "standard output";
      return {};
    }
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) return Fail(ErrorKind::kBadConfig, "create directory " + folder_ + ": " + error.message());
    // An existing file stays: a run may have read it.
    for (number += skipped_;; ++number, ++skipped_) {
      name_ = fmt::format("{}/speedtest-{}-{:05}.jsonl", folder_, options_.seed, number);
      if (!std::filesystem::exists(std::filesystem::symlink_status(name_, error))) break;
    }
    draft_ = fmt::format("{}/.speedtest-{}-{:05}.draft", folder_, options_.seed, number);
    file_ = std::fopen(draft_.c_str(), "wb");
    if (file_ == nullptr) return Fail(ErrorKind::kBadConfig, "create " + draft_ + ": " + std::strerror(errno));
    return {};
  }

  Status Write(const std::string& lines) override {
    if (std::fwrite(lines.data(), 1, lines.size(), file_) != lines.size() ||
        (options_.rate > 0 && std::fflush(file_) != 0))
      return Problem();
    return {};
  }

  Status End() override {
    if (to_stdout_ ? std::fflush(file_) != 0 : std::fclose(file_) != 0) return Problem();
    file_ = nullptr;
    if (!to_stdout_ && std::rename(draft_.c_str(), name_.c_str()) != 0) return Problem("rename to " + name_ + " of ");
    return {};
  }

 private:
  Status Problem(const std::string& doing = "write ") const {
    const int code = errno;
    if (!to_stdout_) std::remove(draft_.c_str());
    return Fail(to_stdout_ && code == EPIPE ? ErrorKind::kCancelled : ErrorKind::kRetry,
                doing + (to_stdout_ ? name_ : draft_) + ": " + std::strerror(code));
  }

  const GeneratorOptions& options_;
  const std::string folder_;
  const bool to_stdout_;
  int64_t skipped_ = 0;  // numbers of files that exist
  std::FILE* file_ = nullptr;
  std::string name_, draft_;
};

class KafkaOutput : public Output {
 public:
  explicit KafkaOutput(std::unique_ptr<KafkaWriter> writer) : writer_(std::move(writer)) {}
  Status Begin(int64_t) override { return {}; }
  Status Write(const std::string& lines) override { return writer_->WriteLines(lines); }
  Status End() override { return writer_->Flush(); }

 private:
  std::unique_ptr<KafkaWriter> writer_;
};

/// Sleeps until `done` records have taken at least the time that the rate allows.
void Pace(const GeneratorOptions& options, std::chrono::steady_clock::time_point start, int64_t done) {
  if (options.rate > 0)
    std::this_thread::sleep_until(start + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                              std::chrono::duration<double>(double(done) / options.rate)));
}

}  // namespace

void GenerateRecords(const GeneratorOptions& options, int64_t begin, int64_t end, std::string& out) {
  for (int64_t block = begin / kBlock; block * kBlock < end; ++block)
    GenerateBlock(options, block, begin, std::min(end, (block + 1) * kBlock), out);
}

Result<Generated> Generate(const GeneratorOptions& options, const std::function<void(int64_t)>& progress) {
  const bool to_kafka = IsKafkaUri(options.to);
  std::unique_ptr<Output> output;
  if (to_kafka) {
    INGOT_ASSIGN(auto writer, KafkaWriter::Open(options.to, options.kafka, options.partitions));
    output = std::make_unique<KafkaOutput>(std::move(writer));
  } else {
    INGOT_ASSIGN(std::string folder, WithContext(storage::LocalPath(options.to), "generate to a directory or a topic"));
    output = std::make_unique<FileOutput>(options, std::move(folder));
  }
  const auto start = std::chrono::steady_clock::now();
  Generated total;
  const bool one_stretch = to_kafka || options.to == "-";
  const int64_t step = options.rate > 0 ? std::clamp<int64_t>(int64_t(options.rate / 20), 1, kBlock) : 4 * kBlock;
  for (int64_t file_begin = 0, number = 0; file_begin < options.records; ++number) {
    const int64_t file_end =
        one_stretch ? options.records : std::min(options.records, file_begin + options.records_per_file);
    INGOT_TRY(output->Begin(number));
    // The next chunk is generated while the previous one is written.
    std::future<std::string> next;
    const auto make = [&](int64_t begin) {
      return std::async(std::launch::async, [&options, begin, end = std::min(file_end, begin + step)] {
        std::string out;
        out.reserve(size_t(end - begin) * 190);
        GenerateRecords(options, begin, end, out);
        return out;
      });
    };
    next = make(file_begin);
    for (int64_t begin = file_begin; begin < file_end; begin += step) {
      const std::string lines = next.get();
      if (begin + step < file_end) next = make(begin + step);
      INGOT_TRY(output->Write(lines));
      const int64_t done = std::min(step, file_end - begin);
      total.records += done;
      total.bytes += int64_t(lines.size());
      progress(done);
      Pace(options, start, total.records);
    }
    INGOT_TRY(output->End());
    file_begin = file_end;
  }
  return total;
}

}  // namespace ingot::source
