#include "bronze/record_parser.h"

#include <arrow/api.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <list>

#include "base/arrow_result.h"
#include "base/rows.h"
#include "bronze/columns.h"
#include "bronze/flat_scan.h"
#include "bronze/json_path.h"
#include "bronze/raw_json.h"
#include "pipeline/plan.h"
#include "rows/arrow_project.h"
#include "rows/arrow_schema.h"

namespace ingot::bronze {
namespace {

using pipeline::FieldSpec;
namespace dom = simdjson::dom;

Scalar ScalarOf(dom::element value) {
  switch (value.type()) {
    case dom::element_type::NULL_VALUE:
      return {};
    case dom::element_type::BOOL:
      return {.kind = Scalar::Kind::kBoolean, .integer = value.get_bool().value_unsafe()};
    case dom::element_type::INT64:
      return {.kind = Scalar::Kind::kInteger, .integer = value.get_int64().value_unsafe()};
    case dom::element_type::UINT64:
      return {.kind = Scalar::Kind::kUnsigned, .integer = int64_t(value.get_uint64().value_unsafe())};
    case dom::element_type::DOUBLE:
      return {.kind = Scalar::Kind::kDouble, .number = value.get_double().value_unsafe()};
    case dom::element_type::STRING:
      return {.kind = Scalar::Kind::kText, .text = value.get_string().value_unsafe()};
    case dom::element_type::ARRAY:
      return {.kind = Scalar::Kind::kOther, .other = "an array"};
    case dom::element_type::OBJECT:
      return {.kind = Scalar::Kind::kOther, .other = "an object"};
    case dom::element_type::BIGINT: {
      const std::string_view digits = value.get_bigint().value_unsafe();
      double number = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc())
        return {.kind = Scalar::Kind::kDouble, .number = number};
      return {.kind = Scalar::Kind::kOther, .other = "a number out of range"};
    }
  }
  return {};
}

/// The columns of each row other than the fields.
struct RowColumns {
  int64_t plain = 0;  // rows since the last one with an _extra, _error or _payload
  arrow::Int64Builder offset;
  arrow::TimestampBuilder produced_at{arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::default_memory_pool()};
  arrow::StringBuilder extra, error, headers;
  arrow::BinaryBuilder payload, key;
};

class Parser : public RecordParser {
 public:
  explicit Parser(const pipeline::Pipeline& pipeline)
      : schema_(pipeline::BronzeSchema(pipeline)),
        keep_key_(pipeline.source.keep_key),
        keep_headers_(pipeline.source.keep_headers),
        keep_all_(pipeline.payload_all),
        keep_csv_(schema_.FindByName("_csv") != nullptr) {
    for (const FieldSpec& field : pipeline.fields)
      if (!field.compute) fields_.push_back(field);
    for (size_t i = 0; i < fields_.size(); ++i)
      if (!fields_[i].default_json.empty()) AddDefault(i);
    if (FlatScan::Supports(fields_)) flat_.emplace(fields_);
    cells_.resize(fields_.size());
    taken_.resize(fields_.size());
    parser_.number_as_string(true);
    default_parser_.number_as_string(true);
  }

  Result<ParsedBatch> Parse(const source::RawBatch& batch, int64_t ingested_at_micros) override {
    now_micros_ = ingested_at_micros;
    const int64_t rows = int64_t(batch.records.size());
    std::vector<FieldColumn> columns;
    for (const FieldSpec& field : fields_) {
      INGOT_ASSIGN(FieldColumn column, FieldColumn::Make(field.type, rows));
      columns.push_back(std::move(column));
    }
    RowColumns row;
    for (arrow::ArrayBuilder* builder :
         {static_cast<arrow::ArrayBuilder*>(&row.offset), static_cast<arrow::ArrayBuilder*>(&row.produced_at),
          static_cast<arrow::ArrayBuilder*>(&row.extra), static_cast<arrow::ArrayBuilder*>(&row.error),
          static_cast<arrow::ArrayBuilder*>(&row.payload)})
      INGOT_ARROW(builder->Reserve(rows));
    ParsedBatch parsed;
    parsed.nulls.resize(fields_.size());
    for (size_t record_index = 0; record_index < batch.records.size(); ++record_index) {
      const source::RawBatch::Record& record = batch.records[record_index];
      row.offset.UnsafeAppend(record.offset);
      record.produced_at_micros == source::kNoTime ? row.produced_at.UnsafeAppendNull()
                                                   : row.produced_at.UnsafeAppend(record.produced_at_micros);
      const char* bytes = batch.Data(record);
      bool fits = true;
      if (flat_ && !record.absent && flat_->Scan(bytes, record.size, now_micros_, cells_)) {
        ++row.plain;
      } else {
        INGOT_TRY(AppendPlain(row));
        const std::string problem = ProblemOf(batch, record_index);
        fits = problem.empty();
        parsed.errors += !fits;
        if (fits) {
          INGOT_ARROW(extra_.empty() ? row.extra.AppendNull() : row.extra.Append(extra_));
          INGOT_ARROW(row.error.AppendNull());
          INGOT_ARROW(row.payload.AppendNull());
        } else {
          INGOT_ARROW(row.extra.AppendNull());
          INGOT_ARROW(row.error.Append(problem));
          const std::string_view original = batch.OriginalBytes(record_index);
          INGOT_ARROW(record.absent ? row.payload.AppendNull() : row.payload.Append(original));
          for (size_t i = 0; i < cells_.size(); ++i) parsed.nulls[i] -= !cells_[i].valid;
        }
      }
      if (fits)
        for (const auto& [i, cell] : defaults_)
          if (!cells_[i].valid) cells_[i] = cell, ++parsed.nulls[i];
      for (size_t i = 0; i < columns.size(); ++i) columns[i].Append(cells_[i]);
    }
    INGOT_TRY(AppendPlain(row));
    INGOT_TRY(AppendEnvelopes(batch, row));
    INGOT_ASSIGN(parsed.rows, Finish(batch, columns, row));
    for (size_t i = 0; i < parsed.nulls.size(); ++i) parsed.nulls[i] += parsed.rows->column(int(i))->null_count();
    return parsed;
  }

 private:
  static Status AppendPlain(RowColumns& row) {
    for (arrow::ArrayBuilder* builder :
         {static_cast<arrow::ArrayBuilder*>(&row.extra), static_cast<arrow::ArrayBuilder*>(&row.error),
          static_cast<arrow::ArrayBuilder*>(&row.payload)})
      INGOT_ARROW(builder->AppendNulls(row.plain));
    row.plain = 0;
    return {};
  }

  /// Adds the default, in the column's unit. The pipeline parser has checked that it fits.
  void AddDefault(size_t i) {
    FieldSpec plain = fields_[i];
    plain.factor = 1;
    plain.coerce = false;
    dom::element value;
    FieldValue cell;
    if (default_parser_.parse(plain.default_json).get(value)) return;
    (void)ConvertScalar(plain, ScalarOf(value), 0, cell);
    default_texts_.emplace_back(cell.text);
    cell.text = default_texts_.back();
    defaults_.emplace_back(i, cell);
  }

  /// Parses any record. Returns the reason when it does not fit, otherwise "". Cells that fit are filled in both cases.
  std::string ProblemOf(const source::RawBatch& batch, size_t i) {
    for (FieldValue& cell : cells_) cell.valid = false;
    if (batch.records[i].absent) return "the record has no value (tombstone)";
    if (!batch.originals.empty() && !batch.originals[i].problem.empty()) return batch.originals[i].problem;
    return ParseAny(batch.Data(batch.records[i]), batch.records[i].size);
  }

  Status AppendEnvelopes(const source::RawBatch& batch, RowColumns& row) const {
    for (size_t i = 0; i < batch.records.size() && (keep_key_ || keep_headers_); ++i) {
      const auto* envelope = i < batch.envelopes.size() ? &batch.envelopes[i] : nullptr;
      const bool key = envelope != nullptr && envelope->key,
                 headers = envelope != nullptr && !envelope->headers.empty();
      if (keep_key_) INGOT_ARROW(key ? row.key.Append(*envelope->key) : row.key.AppendNull());
      if (keep_headers_) INGOT_ARROW(headers ? row.headers.Append(envelope->headers) : row.headers.AppendNull());
    }
    return {};
  }

  simdjson::error_code ParseJson(const char* bytes, size_t size, dom::element& root) {
    auto error = parser_.parse(bytes, size, false).get(root);
    if (error != simdjson::NUMBER_ERROR) return error;
    // simdjson accepts some valid numbers only after a rewrite: 1e400 and 2^64.
    const std::string whole = WithLargeNumbers({bytes, size});
    return whole.empty() ? error : parser_.parse(whole).get(root);
  }

  std::string ParseAny(const char* bytes, size_t size) {
    extra_.clear();
    dom::element root;
    if (const auto error = ParseJson(bytes, size, root))
      return std::string("not JSON: ") + simdjson::error_message(error);
    dom::object object;
    if (root.get_object().get(object)) {
      const Scalar scalar = ScalarOf(root);
      return std::string("not a JSON object: ") +
             (scalar.kind == Scalar::Kind::kOther ? std::string(scalar.other) : "a single value");
    }
    std::string problems;
    for (size_t i = 0; i < fields_.size(); ++i) {
      const std::string problem =
          ConvertScalar(fields_[i], Find(object, fields_[i], taken_[i], {bytes, size}), now_micros_, cells_[i]);
      if (!problem.empty()) problems += (problems.empty() ? "" : "; ") + problem;
    }
    if (problems.empty()) KeepExtra(object, {bytes, size});
    return problems;
  }

  /// Returns the value of the first path that leads to a non-null value. Of duplicate keys, the last value counts.
  /// `taken` gets the index of the member that the field takes completely.
  static Scalar Find(dom::object object, const FieldSpec& field, int64_t& taken, std::string_view bytes) {
    taken = kNoMember;
    for (const pipeline::Path& path : field.from) {
      dom::element top, found;
      int64_t number = 0, last = kNoMember;
      for (const auto member : object) {
        if (member.key == path[0].key) top = member.value, last = number;
        ++number;
      }
      const auto steps = std::span(path).subspan(1);
      if (last == kNoMember || Walk(top, steps, [](size_t) {}).get(found) || found.is_null()) continue;
      if (path.size() == 1) taken = last;
      Scalar scalar = ScalarOf(found);
      const bool whole = field.type.id == iceberg::TypeId::kInt || field.type.id == iceberg::TypeId::kLong;
      if (whole && scalar.kind == Scalar::Kind::kDouble) {
        scalar.digits = RawChild(bytes, size_t(last));
        (void)Walk(top, steps, [&](size_t number) { scalar.digits = RawChild(scalar.digits, number); });
      }
      return scalar;
    }
    return {};
  }

  /// Whether a member would be lost without _extra: it is not a field, or the field took its value from another member.
  bool IsExtra(std::string_view key, dom::element value, int64_t number) const {
    if (std::ranges::find(taken_, number) != taken_.end()) return false;
    return !value.is_null() || std::ranges::none_of(fields_, [&](const FieldSpec& field) {
      return std::ranges::any_of(field.from,
                                 [&](const pipeline::Path& path) { return path.size() == 1 && path[0].key == key; });
    });
  }

  /// Collects the members that no field takes completely into a JSON object, as they were written.
  void KeepExtra(dom::object object, std::string_view bytes) {
    RawMembers raw(bytes);
    int64_t number = 0, read = 0;
    for (const auto member : object) {
      if (IsExtra(member.key, member.value, number)) {
        RawMembers::Member written = raw.Next();
        for (; read < number; ++read) written = raw.Next();
        ++read;
        extra_ += extra_.empty() ? '{' : ',';
        extra_ += written.key;
        extra_ += ':';
        AppendWithoutBlanks(extra_, written.value);
      }
      ++number;
    }
    if (!extra_.empty()) extra_ += '}';
  }

  /// The bytes of all records as they came. A record without a value has none.
  static Result<std::shared_ptr<arrow::Array>> AllPayloads(const source::RawBatch& batch) {
    int64_t bytes = 0;
    for (size_t i = 0; i < batch.records.size(); ++i) bytes += int64_t(batch.OriginalBytes(i).size());
    arrow::BinaryBuilder builder;
    INGOT_ARROW(builder.Reserve(int64_t(batch.records.size())));
    INGOT_ARROW(builder.ReserveData(bytes));
    for (size_t i = 0; i < batch.records.size(); ++i)
      batch.records[i].absent ? builder.UnsafeAppendNull() : builder.UnsafeAppend(batch.OriginalBytes(i));
    INGOT_ARROW_ASSIGN(auto payloads, builder.Finish());
    return payloads;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Finish(const source::RawBatch& batch, std::vector<FieldColumn>& columns,
                                                     RowColumns& row) {
    const int64_t rows = int64_t(batch.records.size());
    arrow::ArrayVector arrays;
    for (FieldColumn& column : columns) {
      INGOT_ASSIGN(auto array, column.Finish());
      arrays.push_back(std::move(array));
    }
    const auto constant = [&](iceberg::Value value, iceberg::TypeId type) -> Status {
      INGOT_ASSIGN(auto array, rows::RepeatValue(value, {.id = type}, rows));
      arrays.push_back(std::move(array));
      return {};
    };
    const auto built = [&](arrow::ArrayBuilder& builder) -> Status {
      INGOT_ARROW_ASSIGN(auto array, builder.Finish());
      arrays.push_back(std::move(array));
      return {};
    };
    arrays.push_back(RepeatText(batch.from.topic, rows));
    INGOT_TRY(constant(batch.from.partition, iceberg::TypeId::kInt));
    INGOT_TRY(built(row.offset));
    INGOT_TRY(built(row.produced_at));
    INGOT_TRY(constant(now_micros_, iceberg::TypeId::kTimestamptz));
    INGOT_TRY(built(row.extra));
    INGOT_TRY(built(row.error));
    if (keep_all_) {
      INGOT_ASSIGN(auto payloads, AllPayloads(batch));
      arrays.push_back(std::move(payloads));
    } else {
      INGOT_TRY(built(row.payload));
    }
    if (keep_csv_ && batch.csv_layout)
      arrays.push_back(RepeatText(*batch.csv_layout, rows));
    else if (keep_csv_)
      INGOT_TRY(constant({}, iceberg::TypeId::kString));
    if (keep_key_) INGOT_TRY(built(row.key));
    if (keep_headers_) INGOT_TRY(built(row.headers));
    INGOT_ASSIGN(const auto schema, rows::ToArrowSchema(schema_));
    auto typed = rows::WithTypesOf(arrays, *schema);
    return arrow::RecordBatch::Make(std::move(typed), rows, std::move(arrays));
  }

  const iceberg::Schema schema_;
  const bool keep_key_, keep_headers_;
  const bool keep_all_, keep_csv_;  // the bytes of every record; how CSV is read
  std::vector<FieldSpec> fields_;
  std::optional<FlatScan> flat_;
  static constexpr int64_t kNoMember = -1;
  std::vector<FieldValue> cells_;
  std::vector<int64_t> taken_;                           // by field: the index of a member of the record
  std::vector<std::pair<size_t, FieldValue>> defaults_;  // of the fields that have a default
  std::list<std::string> default_texts_;
  std::string extra_;
  int64_t now_micros_ = 0;
  dom::parser parser_, default_parser_;
};

}  // namespace

Result<std::unique_ptr<RecordParser>> RecordParser::Make(const pipeline::Pipeline& pipeline) {
  return std::make_unique<Parser>(pipeline);
}

}  // namespace ingot::bronze
