#include "bronze/csv_records.h"

namespace ingot::bronze {

source::CsvOptions CsvOptionsOf(const pipeline::Pipeline& pipeline) {
  const pipeline::CsvSpec& spec = pipeline.source.csv;
  source::CsvOptions options{.delimiter = spec.delimiter,
                             .quote = spec.quote,
                             .multiline = spec.multiline,
                             .encoding = spec.encoding,
                             .names = spec.names,
                             .fields = {}};
  for (const pipeline::FieldSpec& field : pipeline.fields) {
    if (field.compute) continue;
    std::vector<std::string>& keys = options.fields.emplace_back();
    for (const pipeline::Path& path : field.from) keys.push_back(path[0].key);
    if (!spec.header && spec.names.empty()) options.names.push_back(keys.front());
  }
  return options;
}

CsvRecords::CsvRecords(const pipeline::Pipeline& pipeline) {
  const source::CsvOptions options = CsvOptionsOf(pipeline);
  if (pipeline.source.format == "csv" && !options.names.empty()) rows_.emplace(options);
}

bool CsvRecords::Append(std::string& out, std::string_view row) {
  if (!rows_) return false;
  if (!rows_->HasHead() && (!rows_->ReadHead(row, source::Rest::kNone) || !rows_->HasHead())) return false;
  source::RawBatch batch;
  json_.clear();
  rows_->Split(row, source::Rest::kNone, json_, batch);
  if (batch.records.size() != 1 || !batch.originals[0].problem.empty()) return false;
  out += std::string_view(json_).substr(batch.records[0].begin, batch.records[0].size);
  return true;
}

}  // namespace ingot::bronze
