#include "bronze/recompute.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>
#include <numeric>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/json_text.h"
#include "base/rows.h"
#include "bronze/csv_records.h"
#include "bronze/field_changes.h"
#include "bronze/record_parser.h"
#include "bronze/record_text.h"
#include "rows/arrow_convert.h"
#include "rows/arrow_schema.h"

namespace ingot::bronze {
namespace {

using pipeline::FieldSpec;
using Array = std::shared_ptr<arrow::Array>;

constexpr const char *kExtra = "_extra", *kError = "_error", *kPayload = "_payload", *kIngestedAt = "_ingested_at",
                     *kCsv = "_csv";

/// What a row of the result is made of.
enum class Way : uint8_t {
  kCopied,  // the old row
  kPart,    // the old row, and the fields that were parsed again
  kWhole,   // all fields were parsed again
};

std::vector<FieldSpec> ReadFields(const std::vector<FieldSpec>& fields) {
  std::vector<FieldSpec> read;
  std::ranges::copy_if(fields, std::back_inserter(read), [](const FieldSpec& field) { return !field.compute; });
  return read;
}

/// Parses records into columns. Records are added one by one; their rows follow in the same order.
class ParsedRows {
 public:
  static Result<ParsedRows> Make(const pipeline::Pipeline& pipeline, std::vector<FieldSpec> fields) {
    pipeline::Pipeline only = pipeline;
    ParsedRows rows;
    rows.by_time_ =
        std::ranges::any_of(fields, [](const FieldSpec& field) { return field.time_max_after_now_micros.has_value(); });
    only.fields = std::move(fields);
    only.source.keep_key = only.source.keep_headers = only.payload_all = false;
    INGOT_ASSIGN(rows.parser_, RecordParser::Make(only));
    return rows;
  }

  /// Whether the time of ingestion decides what fits. Then records are best added in the order of that time.
  bool ByTime() const { return by_time_; }

  /// The text to which a record is appended before Add.
  std::string& Text() { return batch_.bytes; }
  Status Add(int64_t ingested_at) {
    constexpr size_t kBytesMax = 16 << 20;
    if (by_time_ && !batch_.records.empty() && ingested_at != ingested_at_) {
      std::string last = batch_.bytes.substr(end_);
      batch_.bytes.resize(end_);
      INGOT_TRY(Parse());
      batch_.bytes = std::move(last);
    }
    ingested_at_ = ingested_at;
    batch_.records.push_back({.begin = end_, .size = batch_.bytes.size() - end_});
    end_ = batch_.bytes.size();
    return end_ < kBytesMax ? Status() : Parse();
  }
  Status Parse() {
    if (batch_.records.empty()) return {};
    batch_.bytes.append(source::kPadding, '\0');
    INGOT_ASSIGN(ParsedBatch parsed, parser_->Parse(batch_, ingested_at_));
    parts_.push_back(std::move(parsed.rows));
    batch_.bytes.clear();
    batch_.records.clear();
    end_ = 0;
    return {};
  }

  /// A column of all records. Input: Parse was called. At least one record was added.
  Result<Array> Column(const std::string& name) const {
    arrow::ArrayVector parts;
    for (const auto& part : parts_) {
      INGOT_ASSIGN(Array column, DecodeDictionaries(part->GetColumnByName(name)));
      parts.push_back(std::move(column));
    }
    if (parts.size() == 1) return parts[0];
    INGOT_ARROW_ASSIGN(Array all, arrow::Concatenate(parts));
    return all;
  }
  void Clear() { parts_.clear(); }

 private:
  std::unique_ptr<RecordParser> parser_;
  bool by_time_ = false;
  source::RawBatch batch_;
  size_t end_ = 0;  // of the last record in the text
  int64_t ingested_at_ = 0;
  arrow::RecordBatchVector parts_;
};

/// The values of a column of the result: of the old rows, then of the parsed parts, then of the whole records.
struct Sources {
  Array old, part, whole;
};

class Recomputing : public Recompute {
 public:
  explicit Recomputing(const Options& options)
      : from_(options.from),
        to_(options.to),
        only_counts_(options.only_counts),
        written_(options.before.fields),
        is_json_(options.before.format != "csv"),
        keeps_payloads_(options.pipeline.payload_all),
        csv_(options.pipeline) {}

  Status Open(const Options& options) {
    const std::vector<FieldSpec> after = ReadFields(options.pipeline.fields);
    changes_ = ChangesOf(options.before.fields, after, options.renames, options.before.removed);
    written_.insert(written_.end(), options.before.removed.begin(), options.before.removed.end());
    RecordText::Options whole{.fields = written_, .all_quoted = !is_json_};
    for (const FieldSpec& field : after) {
      fields_.insert(field.name);
      const bool textual = field.type.id == iceberg::TypeId::kString;
      for (const pipeline::Path& path : field.from)
        if (textual && path.size() == 1) whole.quoted_keys.push_back(path[0].key);
      if (!changes_.computed.contains(field.name)) AddUnchanged(field);
    }
    RecordText::Options part = whole;
    part.fields = changes_.written;
    part_text_ = std::make_unique<RecordText>(std::move(part));
    whole_text_ = std::make_unique<RecordText>(std::move(whole));
    INGOT_ASSIGN(auto part_rows, ParsedRows::Make(options.pipeline, changes_.parsed));
    INGOT_ASSIGN(auto whole_rows, ParsedRows::Make(options.pipeline, after));
    part_ = std::make_unique<ParsedRows>(std::move(part_rows));
    whole_ = std::make_unique<ParsedRows>(std::move(whole_rows));
    return {};
  }

  Result<Recomputed> Rows(const std::shared_ptr<arrow::RecordBatch>& rows) override {
    INGOT_TRY(Begin(rows));
    INGOT_TRY(Choose());
    INGOT_TRY(ParseParts());
    INGOT_TRY(ParseWholes());
    Recomputed result;
    INGOT_TRY(CountUnfit(result));
    if (!only_counts_) {
      INGOT_ASSIGN(result.rows, Assemble());
    }
    part_->Clear();
    whole_->Clear();
    return result;
  }

 private:
  /// A field that keeps its values. A null may be older than the field, if an earlier change left existing rows as they
  /// were.
  struct Unchanged {
    iceberg::FieldId id = 0;
    bool has_default = false;
    std::vector<std::string> keys;  // in quotes
  };

  void AddUnchanged(const FieldSpec& field) {
    const iceberg::Field* column = to_.FindByName(field.name);
    if (column == nullptr) return;
    Unchanged unchanged{.id = column->id, .has_default = !field.default_json.empty()};
    for (const pipeline::Path& path : field.from) unchanged.keys.push_back(JsonQuote(path[0].key));
    unchanged_.push_back(std::move(unchanged));
  }

  Status Begin(const std::shared_ptr<arrow::RecordBatch>& rows) {
    old_ = rows;
    error_ = rows->GetColumnByName(kError);
    INGOT_ASSIGN(extra_, DecodedAs<arrow::StringArray>(kExtra));
    INGOT_ASSIGN(payload_, DecodedAs<arrow::BinaryArray>(kPayload));
    INGOT_ASSIGN(csv_layout_, DecodedAs<arrow::StringArray>(kCsv));
    INGOT_ASSIGN(ingested_at_, DecodedAs<arrow::TimestampArray>(kIngestedAt));
    ways_.assign(size_t(old_->num_rows()), changes_.Empty() ? Way::kCopied : Way::kPart);
    wholes_.clear();
    parts_.clear();
    return {};
  }

  template <typename ArrayType>
  Result<std::shared_ptr<ArrayType>> DecodedAs(const char* name) const {
    const Array column = old_->GetColumnByName(name);
    if (column == nullptr) return std::shared_ptr<ArrayType>();
    INGOT_ASSIGN(const Array decoded, DecodeDictionaries(column));
    auto typed = std::dynamic_pointer_cast<ArrayType>(decoded);
    if (typed) return typed;
    return Fail(ErrorKind::kUnsupported, "column " + std::string(name) + " has the type " + column->type()->ToString() +
                                             ", which cannot be read");
  }

  /// Lets `text` write from the rows. Decodes only the columns that it reads.
  Status BeginText(RecordText& text, const std::vector<FieldSpec>& fields) const {
    std::vector<int> columns;
    if (const int at = old_->schema()->GetFieldIndex(kExtra); at >= 0) columns.push_back(at);
    for (const FieldSpec& field : fields)
      if (const int at = old_->schema()->GetFieldIndex(field.name); at >= 0) columns.push_back(at);
    INGOT_ARROW_ASSIGN(const auto selected, old_->SelectColumns(columns));
    INGOT_ASSIGN(const auto decoded, DecodeDictionaries(selected));
    return text.Begin(*decoded);
  }

  static bool IsSet(const Array& column, int64_t row) { return column != nullptr && column->IsValid(row); }

  Status Choose() {
    for (int64_t row = 0; row < old_->num_rows(); ++row)
      if (IsSet(payload_, row) && CanParse(row))
        AddWhole(row);
      else if (IsSet(error_, row))
        ways_[size_t(row)] = Way::kCopied;
    for (const Unchanged& field : unchanged_) {
      const Array column = OldById(field.id);
      if (column != nullptr && column->null_count() == 0) continue;
      for (int64_t row = 0; row < old_->num_rows(); ++row)
        if (!IsSet(column, row) && ways_[size_t(row)] != Way::kWhole && !IsSet(error_, row) && MayHave(field, row))
          AddWhole(row);
    }
    for (int64_t row = 0; row < old_->num_rows(); ++row)
      if (ways_[size_t(row)] == Way::kPart) parts_.push_back(row);
    return {};
  }

  /// Whether _payload has a record that can be parsed. A rebuild writes JSON, whatever the format of the source.
  bool CanParse(int64_t row) {
    scratch_.clear();
    return IsJson(row) || AppendCsv(scratch_, row);
  }
  bool AppendCsv(std::string& out, int64_t row) {
    const auto layout = IsSet(csv_layout_, row) ? csv_layout_->GetView(row) : std::string_view();
    return csv_.Append(out, {.bytes = payload_->GetView(row), .layout = layout, .has_error = IsSet(error_, row)});
  }
  bool IsJson(int64_t row) const {
    if (IsSet(csv_layout_, row)) return false;
    return is_json_ || !IsSet(error_, row) || payload_->GetView(row).starts_with("{\"");
  }

  void AppendPayload(std::string& out, int64_t row) {
    if (IsJson(row))
      out += payload_->GetView(row);
    else
      AppendCsv(out, row);
  }

  bool MayHave(const Unchanged& field, int64_t row) const {
    if (field.has_default) return true;
    return IsSet(extra_, row) && std::ranges::any_of(field.keys, [&](const std::string& key) {
             return extra_->GetView(row).find(key) != std::string_view::npos;
           });
  }

  void AddWhole(int64_t row) {
    ways_[size_t(row)] = Way::kWhole;
    wholes_.push_back(row);
  }

  int64_t IngestedAt(int64_t row) const { return IsSet(ingested_at_, row) ? ingested_at_->Value(row) : NowMicros(); }

  void Order(const ParsedRows& rows, std::vector<int64_t>& order) const {
    if (rows.ByTime()) std::ranges::stable_sort(order, {}, [&](int64_t row) { return IngestedAt(row); });
  }

  /// A row whose part does not fit is parsed as a whole.
  Status ParseParts() {
    if (parts_.empty()) return {};
    Order(*part_, parts_);
    INGOT_TRY(BeginText(*part_text_, changes_.written));
    for (const int64_t row : parts_) {
      part_text_->Append(part_->Text(), row);
      INGOT_TRY(part_->Add(IngestedAt(row)));
    }
    INGOT_TRY(part_->Parse());
    INGOT_ASSIGN(const Array errors, part_->Column(kError));
    for (size_t i = 0; i < parts_.size(); ++i)
      if (errors->IsValid(int64_t(i))) AddWhole(parts_[i]);
    return {};
  }

  Status ParseWholes() {
    Order(*whole_, wholes_);
    if (!std::ranges::all_of(wholes_, [&](int64_t row) { return IsSet(payload_, row); }))
      INGOT_TRY(BeginText(*whole_text_, written_));
    for (const int64_t row : wholes_) {
      if (IsSet(payload_, row))
        AppendPayload(whole_->Text(), row);
      else
        whole_text_->Append(whole_->Text(), row);
      INGOT_TRY(whole_->Add(IngestedAt(row)));
    }
    return whole_->Parse();
  }

  Status CountUnfit(Recomputed& result) const {
    if (wholes_.empty()) return {};
    INGOT_ASSIGN(const Array errors, whole_->Column(kError));
    for (size_t i = 0; i < wholes_.size(); ++i) {
      if (errors->IsNull(int64_t(i)) || IsSet(error_, wholes_[i])) continue;
      if (++result.unfit == 1) result.example = static_cast<const arrow::StringArray&>(*errors).GetString(int64_t(i));
    }
    return {};
  }

  Array OldById(iceberg::FieldId id) const {
    const auto at = std::ranges::find(from_.fields, id, &iceberg::Field::id);
    return at == from_.fields.end() ? nullptr : old_->column(int(at - from_.fields.begin()));
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Assemble() const {
    arrow::FieldVector fields;
    arrow::ArrayVector columns;
    for (const iceberg::Field& field : to_.fields) {
      INGOT_ASSIGN(Array column, ColumnOf(field));
      fields.push_back(arrow::field(field.name, column->type()));
      columns.push_back(std::move(column));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), old_->num_rows(), std::move(columns));
  }

  Result<Array> ColumnOf(const iceberg::Field& field) const {
    if (changes_.removed.contains(field.name)) return rows::RepeatValue({}, field.type, old_->num_rows());
    const bool changed = changes_.computed.contains(field.name);
    // A value of a changed field, in a row whose record is not known, does not have the meaning of the new field.
    Sources sources{.old = field.name == kExtra ? Array(extra_) : changed ? nullptr : OldById(field.id)};
    const bool computed = changed || field.name == kExtra;
    const bool parsed = fields_.contains(field.name) || field.name == kExtra || field.name == kError;
    if (sources.old == nullptr) {
      INGOT_ASSIGN(sources.old, rows::RepeatValue({}, field.type, old_->num_rows()));
    }
    if (field.name == kPayload) return Payload(field, std::move(sources));
    if (computed && !parts_.empty()) {
      INGOT_ASSIGN(sources.part, part_->Column(field.name));
    }
    if (parsed && !wholes_.empty()) {
      INGOT_ASSIGN(sources.whole, whole_->Column(field.name));
    }
    return Merged(field, std::move(sources));
  }

  /// A row that does not fit has its record: the one that it had, or the one that was written for it. A row that fits
  /// keeps its record if it fitted before, or if the pipeline keeps all records.
  Result<Array> Payload(const iceberg::Field& field, Sources sources) const {
    if (wholes_.empty()) return sources.old;
    INGOT_ASSIGN(const Array errors, whole_->Column(kError));
    INGOT_ASSIGN(const Array records, whole_->Column(kPayload));
    const auto& written = static_cast<const arrow::BinaryArray&>(*records);
    arrow::BinaryBuilder builder;
    for (size_t i = 0; i < wholes_.size(); ++i) {
      const int64_t row = wholes_[i];
      const bool unfit = errors->IsValid(int64_t(i));
      if (IsSet(payload_, row) && (unfit || keeps_payloads_ || !IsSet(error_, row)))
        INGOT_ARROW(builder.Append(payload_->GetView(row)));
      else if (unfit)
        INGOT_ARROW(builder.Append(written.GetView(int64_t(i))));
      else
        INGOT_ARROW(builder.AppendNull());
    }
    INGOT_ARROW_ASSIGN(sources.whole, builder.Finish());
    return Merged(field, std::move(sources));
  }

  /// One row of each: of the old rows, of the parts, or of the whole records. Absent sources leave the old row.
  Result<Array> Merged(const iceberg::Field& field, Sources sources) const {
    const size_t rows = size_t(old_->num_rows());
    if (!sources.part && !sources.whole) return sources.old;
    if (sources.part && parts_.size() == rows && std::ranges::is_sorted(parts_) && wholes_.empty()) return sources.part;
    INGOT_ASSIGN(const auto type, rows::ToArrowType(field.type));
    arrow::ArrayVector arrays;
    std::vector<int64_t> at(rows);
    std::iota(at.begin(), at.end(), 0);
    int64_t first = int64_t(rows);
    const auto add = [&](const Array& array, const std::vector<int64_t>& order, Way way) -> Status {
      if (!array) return {};
      INGOT_ASSIGN(Array fitting, Fitting(array, field, *type));
      arrays.push_back(std::move(fitting));
      for (size_t i = 0; i < order.size(); ++i)
        if (ways_[size_t(order[i])] == way) at[size_t(order[i])] = first + int64_t(i);
      first += array->length();
      return {};
    };
    INGOT_ASSIGN(Array old, Fitting(sources.old, field, *type));
    arrays.push_back(std::move(old));
    INGOT_TRY(add(sources.part, parts_, Way::kPart));
    INGOT_TRY(add(sources.whole, wholes_, Way::kWhole));
    INGOT_ARROW_ASSIGN(const Array all, arrow::Concatenate(arrays));
    const arrow::Int64Array indices(int64_t(rows), arrow::Buffer::Wrap(at));
    INGOT_ARROW_ASSIGN(Array merged, arrow::compute::Take(*all, indices));
    return merged;
  }

  static Result<Array> Fitting(const Array& array, const iceberg::Field& field, const arrow::DataType& type) {
    INGOT_ASSIGN(Array decoded, rows::Decoded(array));
    if (decoded->type()->Equals(type)) return decoded;
    return rows::ConvertValues(decoded, field.type);
  }

  const iceberg::Schema from_, to_;
  const bool only_counts_;
  std::vector<FieldSpec> written_;  // the fields whose columns hold members of records
  const bool is_json_;              // _payload has JSON
  const bool keeps_payloads_;       // of rows that fit
  CsvRecords csv_;
  FieldChanges changes_;
  std::set<std::string> fields_;  // that are read from records now
  std::vector<Unchanged> unchanged_;
  std::unique_ptr<RecordText> part_text_, whole_text_;
  std::unique_ptr<ParsedRows> part_, whole_;

  // Of the current batch:
  std::shared_ptr<arrow::RecordBatch> old_;  // not decoded
  std::shared_ptr<arrow::StringArray> extra_;
  std::shared_ptr<arrow::BinaryArray> payload_;
  std::shared_ptr<arrow::StringArray> csv_layout_;
  std::shared_ptr<arrow::TimestampArray> ingested_at_;
  Array error_;
  std::string scratch_;
  std::vector<Way> ways_;
  std::vector<int64_t> parts_, wholes_;  // rows, in the order in which they were parsed
};

}  // namespace

Result<std::unique_ptr<Recompute>> Recompute::Make(const Options& options) {
  auto recompute = std::make_unique<Recomputing>(options);
  INGOT_TRY(recompute->Open(options));
  return recompute;
}

}  // namespace ingot::bronze
