#include "silver/parse_again.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/rows.h"

namespace ingot::silver {

ParseAgain::ParseAgain(const ParserFactory& factory, const iceberg::Table& bronze, iceberg::Schema from, int threads)
    : factory_(factory), bronze_(bronze), from_(std::move(from)), parsers_(size_t(std::max(1, threads))) {}

Status ParseAgain::Pass(size_t thread, const std::shared_ptr<arrow::RecordBatch>& rows, const Work& work) {
  const auto errors = factory_ ? rows->GetColumnByName("_error") : nullptr;
  if (errors == nullptr || errors->null_count() == rows->num_rows()) return work(rows);
  RowsFunction& parser = parsers_[thread];
  if (!parser) {
    INGOT_ASSIGN(parser, factory_(bronze_, from_));
  }
  std::vector<bool> unread(size_t(rows->num_rows()));
  for (size_t row = 0; row < unread.size(); ++row) unread[row] = errors->IsValid(int64_t(row));
  INGOT_ASSIGN(const auto records, FilterRows(rows, unread));
  INGOT_ASSIGN(const auto parsed, parser(records));
  INGOT_TRY(work(parsed));
  unread.flip();
  INGOT_ASSIGN(const auto rest, FilterRows(rows, unread));
  return rest->num_rows() > 0 ? work(rest) : Status();
}

}  // namespace ingot::silver
