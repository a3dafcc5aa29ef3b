#include "bronze/unknown_members.h"

#include <arrow/api.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/rows.h"
#include "rows/scan_relation.h"

namespace ingot::bronze {
namespace {

constexpr const char* kExtra = "_extra";

/// The first of `members` that a JSON object has.
std::string FirstMemberOf(std::string_view object, const std::vector<std::string>& members) {
  // A key is usually written without escapes. Parsing is needed only if one of them may be in the text.
  const bool may_have =
      object.find('\\') != std::string_view::npos ||
      std::ranges::any_of(members, [&](const auto& key) { return object.find(key) != std::string_view::npos; });
  if (!may_have) return {};
  const auto json = nlohmann::json::parse(object, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return members.front();
  for (const std::string& key : members)
    if (json.contains(key)) return key;
  return {};
}

/// Whether the text of a record has one of `members` as a key, at any depth.
std::string FirstKeyIn(std::string_view record, const std::vector<std::string>& members) {
  for (const std::string& key : members)
    if (record.find(JsonQuote(key)) != std::string_view::npos) return key;
  return {};
}

/// Calls `test(value, row)` with the values of the first column where `filled` (one of the columns) is not null, until
/// it returns text. Returns that text.
template <typename Test>
Result<std::string> FirstFound(const iceberg::Table& bronze, const std::string& column, const std::string& filled,
                               int threads, const Test& test) {
  const iceberg::Schema& schema = bronze.metadata->CurrentSchema();
  if (schema.FindByName(column) == nullptr || schema.FindByName(filled) == nullptr) return std::string();
  INGOT_ASSIGN(const auto plan,
               rows::PlanScan(*bronze.home.storage, *bronze.metadata,
                              {.columns = column == filled ? std::vector{column} : std::vector{column, filled},
                               .filter = {.op = iceberg::FilterOp::kNotNull, .column = filled}}));
  std::mutex mutex;
  std::string found;
  const auto search = [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
    {
      std::lock_guard lock(mutex);
      if (!found.empty()) return {};
    }
    INGOT_ASSIGN(const auto values, DecodeDictionaries(batch->GetColumnByName(column)));
    const auto present = batch->GetColumnByName(filled);
    std::string here;
    for (int64_t row = 0; row < values->length() && here.empty(); ++row)
      if (values->IsValid(row) && present->IsValid(row)) here = test(*values, row);
    std::lock_guard lock(mutex);
    if (found.empty()) found = std::move(here);
    return {};
  };
  INGOT_TRY(rows::ForEachBatch(bronze, plan, threads, search));
  return found;
}

}  // namespace

Result<std::string> FindUnknownMember(const iceberg::Table& bronze, const std::vector<std::string>& members,
                                      int threads) {
  if (members.empty()) return std::string();
  INGOT_ASSIGN(std::string found,
               FirstFound(bronze, kExtra, kExtra, threads, [&](const arrow::Array& values, int64_t row) {
                 const auto* texts = dynamic_cast<const arrow::StringArray*>(&values);  // else a variant
                 return texts == nullptr ? members.front() : FirstMemberOf(texts->GetView(row), members);
               }));
  if (!found.empty()) return found;
  return FirstFound(bronze, "_payload", "_error", threads, [&](const arrow::Array& values, int64_t row) {
    const auto* records = dynamic_cast<const arrow::BinaryArray*>(&values);
    return records == nullptr ? members.front() : FirstKeyIn(records->GetView(row), members);
  });
}

Result<bool> HasError(const iceberg::Table& bronze, const std::string& begin, int threads) {
  INGOT_ASSIGN(const std::string found,
               FirstFound(bronze, "_error", "_error", threads, [&](const arrow::Array& values, int64_t row) {
                 const auto* errors = dynamic_cast<const arrow::StringArray*>(&values);
                 return errors != nullptr && errors->GetView(row).starts_with(begin) ? begin : std::string();
               }));
  return !found.empty();
}

}  // namespace ingot::bronze
