// CSV in every encoding: the first byte selects the options. Rows do not depend on where a read ends, and every byte
// except line ends belongs to a row.
#include <nlohmann/json.hpp>

#include "fuzz/check.h"
#include "source/csv_rows.h"

using namespace ingot;

namespace {

source::CsvOptions OptionsOf(uint8_t choice) {
  static const char* const kEncodings[] = {"utf-8", "latin-1", "windows-1252", "utf-16le", "utf-16be", "utf-16"};
  source::CsvOptions options{.delimiter = choice & 1 ? ';' : ',', .multiline = (choice & 2) == 0};
  options.encoding = kEncodings[(choice >> 3) % 6];
  if (choice & 4) options.names = {"a", "b", "c"};
  return options;
}

struct Rows {
  std::vector<std::string> originals, problems;
  std::vector<int64_t> offsets;
  bool operator==(const Rows&) const = default;
};

/// The rows of a file that is read in two steps, up to `cut` and to the end; nullopt if its header is rejected.
std::optional<Rows> Read(std::string_view file, const source::CsvOptions& options, size_t cut) {
  source::CsvRows csv(options);
  Rows rows;
  size_t at = 0;
  for (const size_t end : {cut, file.size()}) {
    const bool at_end = end == file.size();
    const source::Rest rest = at_end ? source::Rest::kNone : source::Rest::kFollows;
    if (!csv.HasHead()) {
      const auto head = csv.ReadHead(file.substr(0, end), rest);
      if (!head) return std::nullopt;
      if (!*head) continue;
      at = **head;
    }
    const std::string_view piece = file.substr(at, end - at);
    std::string json;
    source::RawBatch batch;
    const size_t used = csv.Split(piece, rest, json, batch);
    FUZZ_EXPECT(used <= piece.size() && (!at_end || used == piece.size()));
    FUZZ_EXPECT(batch.records.size() == batch.originals.size());
    size_t behind = 0;
    for (size_t i = 0; i < batch.records.size(); ++i) {
      const auto& original = batch.originals[i];
      FUZZ_EXPECT(original.begin >= behind && original.begin + original.size <= used);
      FUZZ_EXPECT(piece.substr(behind, original.begin - behind).find_first_not_of("\r\n\0", 0, 3) == std::string::npos);
      behind = original.begin + original.size;
      const auto& record = batch.records[i];
      if (original.problem.empty()) FUZZ_EXPECT(nlohmann::json::accept(json.substr(record.begin, record.size)));
      rows.originals.emplace_back(piece.substr(original.begin, original.size));
      rows.problems.push_back(original.problem);
      rows.offsets.push_back(int64_t(at) + record.offset);
    }
    FUZZ_EXPECT(piece.substr(behind, used - behind).find_first_not_of("\r\n\0", 0, 3) == std::string::npos);
    at += used;
  }
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const source::CsvOptions options = OptionsOf(data[0]);
  const std::string_view file = fuzz::Text(data + 1, size - 1);
  const auto whole = Read(file, options, file.size());
  const auto pieces = Read(file, options, file.size() / 2);
  FUZZ_EXPECT(whole == pieces);
  return 0;
}
