// Runs a fuzz target on mutated copies of its seeds, for compilers without libFuzzer (which is guided by coverage):
//
//   fuzz_records [--seconds 10] [--seed 1] fuzz/corpus/records
//
// When the target crashes, fuzz-input.bin in the working directory holds the input.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kBytesMax = 64 * 1024;

std::vector<std::string> ReadSeeds(const std::filesystem::path& folder) {
  std::vector<std::string> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, uint64_t seed) : seeds_(std::move(seeds)), random_(seed) {}

  std::string Next() {
    std::string input = seeds_[Below(seeds_.size())];
    for (size_t times = 1 + Below(6); times > 0; --times) Mutate(input);
    input.resize(std::min(input.size(), kBytesMax));
    return input;
  }

 private:
  size_t Below(size_t end) { return end == 0 ? 0 : size_t(random_() % end); }

  void Mutate(std::string& input) {
    static const char* const kTokens[] = {"null",  "-1",   "9223372036854775808",
                                          "1e999", "\"",   "\\u0000",
                                          "{",     "}",    "[",
                                          "]",     ",",    ":",
                                          "\n",    "\xff", "true",
                                          "NaN",   "\\",   "''",
                                          "(",     ")",    "-",
                                          "0"};
    const size_t at = Below(input.size() + 1), length = 1 + Below(16);
    switch (Below(7)) {
      case 0:
        if (at < input.size()) input[at] = char(uint8_t(input[at]) ^ (1U << Below(8)));
        break;
      case 1:
        if (at < input.size()) input[at] = char(Below(256));
        break;
      case 2:
        input.erase(at, length);
        break;
      case 3:
        input.insert(at, kTokens[Below(std::size(kTokens))]);
        break;
      case 4:
        input.insert(at, input.substr(Below(input.size() + 1), length));
        break;
      case 5: {
        const std::string& other = seeds_[Below(seeds_.size())];
        input = input.substr(0, at) + other.substr(Below(other.size() + 1));
        break;
      }
      default:
        input.resize(at);
    }
  }

  const std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

int Usage() {
  std::cerr << "usage: fuzz_… [--seconds 10] [--seed 1] CORPUS-FOLDER\n";
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  double seconds = 10;
  uint64_t seed = 1;
  std::string folder;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--seconds" && i + 1 < count)
      seconds = std::atof(arguments[++i]);
    else if (word == "--seed" && i + 1 < count)
      seed = std::strtoull(arguments[++i], nullptr, 10);
    else if (folder.empty() && !word.starts_with("-"))
      folder = word;
    else
      return Usage();
  }
  if (folder.empty()) return Usage();
  auto seeds = ReadSeeds(folder);
  if (seeds.empty()) return std::cerr << "no seeds in " << folder << "\n", 2;
  const auto run_one = [](const std::string& input) {
    std::ofstream("fuzz-input.bin", std::ios::binary) << input;
    // A copy of exactly this size, so that sanitizers detect reads past the end.
    std::vector<uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  };
  for (const std::string& whole : seeds) run_one(whole);
  Mutator mutator(std::move(seeds), seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int64_t runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) run_one(mutator.Next());
  std::filesystem::remove("fuzz-input.bin");
  std::cout << runs << " inputs tried\n";
}
