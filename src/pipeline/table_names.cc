#include "pipeline/table_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "base/lower_case.h"
#include "iceberg/catalog.h"

namespace ingot::pipeline {
namespace {

std::string Folded(const std::string& table, std::string_view catalog) {
  const auto name = iceberg::ParseTableName(table, catalog);
  return LowerCase(name ? name->Text() : table);
}

}  // namespace

std::string ProblemOfTableName(std::string_view table) {
  for (size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = table.find('.', begin);
    const std::string_view part = table.substr(begin, end - begin);
    const bool special = std::ranges::any_of(part, [](char c) { return c == '/' || uint8_t(c) < ' ' || c == '\x7F'; });
    if (part.empty() || special || part.front() == ' ' || part.back() == ' ')
      return fmt::format(
          "'{}' cannot be the name of a table: a part of it is empty, begins or ends with a blank, or holds '/' or a "
          "control character",
          table);
  }
  return "";
}

std::optional<NameClash> FindNameClash(const Pipeline& pipeline, std::string_view catalog) {
  std::map<std::string, std::string> taken;  // the owner of each name
  for (const std::string_view name : kReservedTables) taken.emplace(name, "the ledger of runs");
  for (const PipelineTable& table : TablesOf(pipeline)) {
    if (table.kind == TableKind::kOps) continue;
    const std::string who = table.kind == TableKind::kGold ? fmt::format("gold table {}", table.item + 1)
                                                           : std::string(TableKindName(table.kind));
    const auto [other, free] = taken.try_emplace(Folded(table.spec->table, catalog), who);
    if (!free)
      return NameClash{
          table.kind, table.item,
          fmt::format("'{}' is the table of {}, too: each needs a table of its own", table.spec->table, other->second)};
  }
  return std::nullopt;
}

}  // namespace ingot::pipeline
