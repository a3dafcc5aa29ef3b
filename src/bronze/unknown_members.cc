#include "bronze/unknown_members.h"

#include <arrow/api.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/rows.h"
#include "rows/scan_relation.h"

namespace ingot::bronze {
namespace {

constexpr const char* kExtra = "_extra";

/// The first of `members` that a JSON object has.
std::string FirstMemberOf(std::string_view object, const std::vector<std::string>& members) {
  // A key is usually written without escapes. Parsing is needed only if one of them may be in the text.
  const bool may_have = object.find('\\') != std::string_view::npos || std::ranges::any_of(members, [&](const auto& key) {
                          return object.find(key) != std::string_view::npos;
                        });
  if (!may_have) return {};
  const auto json = nlohmann::json::parse(object, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return members.front();
  for (const std::string& key : members)
    if (json.contains(key)) return key;
  return {};
}

}  // namespace

Result<std::string> FindUnknownMember(const iceberg::Table& bronze, const std::vector<std::string>& members,
                                      int threads) {
  const iceberg::Field* extra = bronze.metadata->CurrentSchema().FindByName(kExtra);
  if (members.empty() || extra == nullptr) return std::string();
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*bronze.home.storage, *bronze.metadata,
                                               {.columns = {kExtra}, .filter = {.op = iceberg::FilterOp::kNotNull,
                                                                                .column = kExtra}}));
  std::mutex mutex;
  std::string found;
  const auto search = [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
    {
      std::lock_guard lock(mutex);
      if (!found.empty()) return {};
    }
    INGOT_ASSIGN(const auto column, DecodeDictionaries(batch->column(0)));
    if (column->null_count() == column->length()) return {};
    std::string here = column->type_id() == arrow::Type::STRING ? "" : members.front();
    const auto* texts = dynamic_cast<const arrow::StringArray*>(column.get());
    for (int64_t row = 0; texts != nullptr && row < texts->length() && here.empty(); ++row)
      if (texts->IsValid(row)) here = FirstMemberOf(texts->GetView(row), members);
    std::lock_guard lock(mutex);
    if (found.empty()) found = std::move(here);
    return {};
  };
  INGOT_TRY(rows::ForEachBatch(bronze, plan, threads, search));
  return found;
}

}  // namespace ingot::bronze
