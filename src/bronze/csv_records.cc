#include "bronze/csv_records.h"

#include "source/csv_layout.h"

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

CsvRecords::CsvRecords(const pipeline::Pipeline& pipeline)
    : reads_csv_(pipeline.source.format == "csv"), options_(CsvOptionsOf(pipeline)) {}

CsvRecords::Readers& CsvRecords::ReadersOf(std::string_view layout) {
  if (const auto known = readers_.find(layout); known != readers_.end()) return known->second;
  Readers readers;
  source::CsvOptions now = options_;
  if (const auto then = source::ParseCsvLayout(std::string(layout)); !layout.empty() && then) {
    readers.then = std::make_unique<source::CsvRows>(*then);
    if (now.names.empty()) now.names = then->names, now.encoding = then->encoding;
  }
  if (reads_csv_ && !now.names.empty()) readers.now = std::make_unique<source::CsvRows>(now);
  return readers_.emplace(layout, std::move(readers)).first->second;
}

bool CsvRecords::Append(std::string& out, const Row& row) {
  Readers& readers = ReadersOf(row.layout);
  if (row.has_error && Append(out, readers.now.get(), row.bytes)) return true;
  return Append(out, readers.then.get(), row.bytes);
}

bool CsvRecords::Append(std::string& out, source::CsvRows* rows, std::string_view row) {
  if (rows == nullptr) return false;
  if (!rows->HasHead() && (!rows->ReadHead(row, source::Rest::kNone) || !rows->HasHead())) return false;
  source::RawBatch batch;
  json_.clear();
  rows->Split(row, source::Rest::kNone, json_, batch);
  if (batch.records.size() != 1 || !batch.originals[0].problem.empty()) return false;
  out += std::string_view(json_).substr(batch.records[0].begin, batch.records[0].size);
  return true;
}

}  // namespace ingot::bronze
