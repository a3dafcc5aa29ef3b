#include "iceberg/summary_numbers.h"

#include <charconv>

#include "iceberg/summary.h"

namespace ingot::iceberg {
namespace {

std::optional<int64_t> NumberIn(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<int64_t> FindNumber(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? std::nullopt : NumberIn(found->second);
}

std::optional<int64_t> NewestSummaryNumber(const TableMetadata& metadata, const std::string& key) {
  const auto text = NewestSummary(metadata, key);
  return text ? NumberIn(*text) : std::nullopt;
}

bool RemovesNothing(const Snapshot& snapshot) {
  for (const char* key : {"added-delete-files", "deleted-data-files", "deleted-records"})
    if (SummaryNumber(snapshot, key) > 0) return false;
  return true;
}

}  // namespace ingot::iceberg
