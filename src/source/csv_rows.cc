#include "source/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json_text.h"
#include "base/spelling.h"
#include "source/csv_layout.h"

namespace ingot::source {
namespace {

using End = CsvRow::End;

constexpr size_t kHeaderBytesMax = 1 << 20;
constexpr std::string_view kWideHint = "write csv: {encoding: utf-16le} or utf-16be if that is its encoding";
constexpr std::string_view kMark = "\xEF\xBB\xBF";  // a byte order mark, in UTF-8

/// The encodings of the pipeline file, except utf-16, which needs a byte order mark.
const std::map<std::string_view, TextEncoding> kEncodings{{"utf-8", TextEncoding::kUtf8},
                                                          {"latin-1", TextEncoding::kLatin1},
                                                          {"windows-1252", TextEncoding::kWindows1252},
                                                          {"utf-16le", TextEncoding::kUtf16Le},
                                                          {"utf-16be", TextEncoding::kUtf16Be}};

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::string LowerAscii(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return text;
}

std::string Shown(const std::vector<std::string>& names) {
  constexpr size_t kNamesMax = 8, kLengthMax = 60;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesMax); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", ReplaceInvalidUtf8(names[i].substr(0, kLengthMax)));
  return text + (names.size() > kNamesMax ? ", …" : "");
}

std::vector<std::string> NamesOf(const CsvRow& row, const CsvDialect& dialect) {
  std::vector<std::string> names;
  for (const CsvCell& cell : row.cells) names.push_back(CellText(cell, dialect));
  return names;
}

}  // namespace

/// The output of Split, and the position in the bytes up to which the text has been used.
struct CsvRows::Output {
  std::string_view bytes;
  TextEncoding encoding;
  std::string& json;
  RawBatch& batch;
  size_t at = 0;  // offset in `bytes`

  std::string_view Original(std::string_view text) const { return bytes.substr(at, BytesBefore(text, encoding)); }
  void Add(std::string_view text, size_t json_begin, std::string problem) {
    batch.records.push_back(
        {.begin = json_begin, .size = json.size() - json_begin, .offset = int64_t(at), .outside = nullptr});
    batch.originals.push_back({.begin = at, .size = Original(text).size(), .problem = std::move(problem)});
  }
};

CsvRows::CsvRows(const CsvOptions& options)
    : options_(options),
      dialect_{.delimiter = options.delimiter, .quote = options.quote, .multiline = options.multiline} {}

bool CsvRows::IsFieldKey(const std::string& name) const {
  return std::ranges::any_of(options_.fields,
                             [&](const auto& keys) { return std::ranges::find(keys, name) != keys.end(); });
}

Status CsvRows::ChooseEncoding(std::string_view bytes, size_t& mark_bytes) {
  if (HasUtf32Mark(bytes))
    return Fail(ErrorKind::kBadInput, "it is in UTF-32, which is not read; write it in UTF-8, as with iconv");
  if (const auto mark = FindByteOrderMark(bytes)) {  // text begins with these bytes only on purpose
    encoding_ = mark->encoding;
    mark_bytes = mark->bytes;
    return {};
  }
  mark_bytes = 0;
  const auto known = kEncodings.find(options_.encoding);
  if (known == kEncodings.end())
    return Fail(ErrorKind::kBadInput,
                "no byte order mark says which UTF-16 it is; write csv: {encoding: utf-16le} or utf-16be");
  encoding_ = known->second;
  return {};
}

/// Whether a single-byte encoding is wrong: each delimiter and the end of the first line take two bytes, one of them
/// zero. Nothing while more bytes may change the answer, so that it does not depend on where a read ends.
std::optional<bool> CsvRows::LooksWide(std::string_view bytes, Rest rest) const {
  if (UnitBytes(encoding_) > 1) return false;
  const bool at_end = rest == Rest::kNone || bytes.size() > kHeaderBytesMax;
  bytes = bytes.substr(0, kHeaderBytesMax);
  const size_t line_end = bytes.find_first_of("\r\n");
  if (line_end == std::string_view::npos && !at_end) return std::nullopt;
  size_t zeros_before = 0, zeros_behind = 0, found = 0;
  for (size_t at = 0; at < std::min(line_end, bytes.size() - 1) + 1; ++at) {
    if (bytes[at] != dialect_.delimiter && at != line_end) continue;
    ++found;
    zeros_before += at > 0 && bytes[at - 1] == '\0';
    zeros_behind += at + 1 < bytes.size() && bytes[at + 1] == '\0';
  }
  if (found > 0 && (zeros_before == found || zeros_behind == found)) return true;
  if (!at_end && line_end + 1 == bytes.size() && zeros_behind + 1 == found) return std::nullopt;
  return false;
}

Result<std::optional<size_t>> CsvRows::ReadHead(std::string_view bytes, Rest rest) {
  if (bytes.size() < 4 && rest == Rest::kFollows) return std::nullopt;
  if (bytes.empty()) return std::nullopt;
  size_t mark_bytes = 0;
  INGOT_TRY(ChooseEncoding(bytes, mark_bytes));
  if (!options_.names.empty()) {
    const std::optional<bool> wide = LooksWide(bytes.substr(mark_bytes), rest);
    if (!wide) return std::nullopt;
    if (*wide)
      return Fail(ErrorKind::kBadInput,
                  "its first row has a zero byte next to each delimiter: " + std::string(kWideHint));
    Begin(options_.names);
    return mark_bytes;
  }
  bytes.remove_prefix(mark_bytes);
  const bool whole = bytes.size() <= kHeaderBytesMax;
  const Rest rest_of_head = whole ? rest : Rest::kFollows;
  std::string text;
  AppendAsUtf8(bytes.substr(0, kHeaderBytesMax), encoding_, rest_of_head, text);
  size_t blank = 0;
  CsvRow row;
  do {
    ReadCsvRow(std::string_view(text).substr(blank), dialect_, rest_of_head, row);
    if (row.Blank()) blank += row.size;
  } while (row.Blank() && row.size > 0);
  if (row.Blank()) {  // only blank lines
    has_head_ = true;
    return mark_bytes + bytes.size();
  }
  if (row.end == End::kIncomplete && whole) return std::nullopt;
  if (row.end == End::kIncomplete)
    return Fail(ErrorKind::kBadInput, fmt::format("the header is longer than {} bytes", kHeaderBytesMax));
  if (row.end != End::kComplete) {
    const std::string_view first = std::string_view(text).substr(blank);
    const std::string hint = DelimiterHint(first.substr(0, FirstLine(first).text_size));
    return Fail(ErrorKind::kBadInput, "a quote in the header is not closed, or is followed by text" +
                                          (hint.empty() ? "; write csv: {quote: \"\"} where quotes are text" : hint));
  }
  const std::string_view line = std::string_view(text).substr(blank, row.text_size);
  if (const auto bad = FindInvalidText(
          bytes.substr(BytesBefore(std::string_view(text).substr(0, blank), encoding_), BytesBefore(line, encoding_)),
          encoding_))
    return Fail(ErrorKind::kBadInput, fmt::format("the header is not {} (byte {} of it); name the encoding, as in csv: "
                                                  "{{encoding: windows-1252}}",
                                                  EncodingName(encoding_), *bad));
  INGOT_TRY(TakeHeader(row, line));
  return std::min(bytes.size(), BytesBefore(std::string_view(text).substr(0, blank + row.size), encoding_)) +
         mark_bytes;
}

Status CsvRows::TakeHeader(const CsvRow& row, std::string_view line) {
  std::vector<std::string> names = NamesOf(row, dialect_);
  for (size_t i = 0; i < names.size(); ++i) {
    if (!row.cells[i].quoted && !IsFieldKey(names[i])) names[i] = Trimmed(names[i]);
    if (names[i].empty()) names[i] = fmt::format("column_{}", i + 1);
  }
  unknown_header_ =
      !options_.fields.empty() && std::ranges::none_of(names, [&](const auto& name) { return IsFieldKey(name); });
  if (unknown_header_) return Fail(ErrorKind::kBadInput, UnknownHeader(line));
  for (size_t i = 0; i < names.size(); ++i)
    if (std::ranges::find(names.begin(), names.begin() + ptrdiff_t(i), names[i]) != names.begin() + ptrdiff_t(i))
      return Fail(ErrorKind::kBadInput,
                  fmt::format("the header holds '{}' twice; rename one, or name all columns, as in csv: "
                              "{{header: [first, second]}}, and take the header line out",
                              ReplaceInvalidUtf8(names[i])));
  Begin(std::move(names));
  return {};
}

/// A hint to the other delimiter that finds the most fields in the header `line`; empty when none finds more.
std::string CsvRows::DelimiterHint(std::string_view line) const {
  std::string hint;
  int64_t most = 0;
  CsvRow row;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    ReadCsvRow(line, {.delimiter = delimiter, .quote = dialect_.quote}, Rest::kNone, row);
    const std::vector<std::string> names = NamesOf(row, dialect_);
    const int64_t found =
        std::ranges::count_if(names, [&](const auto& name) { return IsFieldKey(std::string(Trimmed(name))); });
    if (delimiter == dialect_.delimiter || row.end != End::kComplete || found <= most) continue;
    most = found;
    hint = fmt::format("; write csv: {{delimiter: \"{}\"}}, with which it holds {}",
                       delimiter == '\t' ? "\\t" : std::string(1, delimiter), Shown(names));
  }
  return hint;
}

/// Why no field matches the header `line`, and what may help.
std::string CsvRows::UnknownHeader(std::string_view line) const {
  CsvRow row;
  ReadCsvRow(line, dialect_, Rest::kNone, row);
  const std::vector<std::string> names = NamesOf(row, dialect_);
  std::string text = "the header holds no field of the pipeline file: " + Shown(names);
  if (line.find('\0') != std::string_view::npos) return text + "; it holds zero bytes: " + std::string(kWideHint);
  if (const std::string hint = DelimiterHint(line); !hint.empty()) return text + hint;
  for (const std::string& name : names)
    for (const auto& keys : options_.fields)
      for (const std::string& key : keys)
        if (LowerAscii(key) == LowerAscii(std::string(Trimmed(name))))
          return text + fmt::format("; names are compared with their case: write from: \"$.{}\"", Trimmed(name));
  constexpr size_t kLengthMin = 3;  // shorter names are similar by chance
  for (const std::string& name : names)
    for (const auto& keys : options_.fields)
      for (const std::string& key : keys)
        if (key.size() >= kLengthMin && EditDistance(key, Trimmed(name)) <= std::max<size_t>(1, key.size() / 4))
          return text +
                 fmt::format("; if '{}' is the field {}, write from: \"$.{}\"", Trimmed(name), key, Trimmed(name));
  return text + "; if it is no header, write csv: {header: false}, or name the columns: csv: {header: [a, b]}";
}

void CsvRows::Begin(std::vector<std::string> names) {
  has_head_ = true;
  names_ = std::move(names);
  layout_ = std::make_shared<const std::string>(CsvLayout(options_, names_, encoding_));
  for (const std::string& name : names_) keys_.push_back(JsonQuote(name) + ":");
  for (const auto& keys : options_.fields)
    if (std::ranges::none_of(keys, [&](const auto& key) { return std::ranges::find(names_, key) != names_.end(); }))
      missing_.push_back(keys.front());
}

std::vector<std::string> CsvRows::UnreadColumns() const {
  std::vector<std::string> unread;
  std::ranges::copy_if(names_, std::back_inserter(unread), [&](const auto& name) { return !IsFieldKey(name); });
  return unread;
}

/// A single column is never taken for a header, because one word may be a value.
bool CsvRows::IsHeader(const CsvRow& row) const {
  if (names_.size() < 2) return false;
  for (size_t i = 0; i < names_.size(); ++i)
    if (Trimmed(row.cells[i].text) != names_[i]) return false;
  return true;
}

/// Why a complete row is not a record; empty when it is one.
std::string CsvRows::ProblemOf(const CsvRow& row, std::string_view original) const {
  if (row.cells.size() != names_.size())
    return fmt::format("CSV: {} cell{} where there are {} columns", row.cells.size(), row.cells.size() == 1 ? "" : "s",
                       names_.size());
  if (const auto bad = FindInvalidText(original, encoding_))
    return fmt::format("CSV: not {}: byte 0x{:02X} at {} of the row", EncodingName(encoding_), uint8_t(original[*bad]),
                       *bad);
  return IsHeader(row) ? "CSV: a header among the rows" : "";
}

void CsvRows::AppendJson(const CsvRow& row, std::string& json) const {
  json += '{';
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const CsvCell& cell = row.cells[i];
    if (i > 0) json += ',';
    json += keys_[i];
    if (cell.text.empty() && !cell.quoted)
      json += "null";
    else if (cell.doubled)
      AppendJsonString(json, CellText(cell, dialect_));
    else
      AppendJsonString(json, cell.text);
  }
  json += '}';
}

/// Appends each line whose meaning depends on a wrong quote as a record of its own: it may be a row or part of a cell.
void CsvRows::AppendLines(const CsvRow& row, std::string_view text, Output& output) const {
  const bool open = row.end == End::kOpenQuote;
  int64_t line_number = 0;
  while (!text.empty()) {
    const Line line = FirstLine(text);
    std::string problem = open ? "CSV: a quote is not closed" : "CSV: a closing quote is followed by text";
    if (line_number > 0)
      problem += fmt::format("; it opens {} line{} before", line_number, line_number == 1 ? "" : "s");
    if (line_number == 0 && line.size < text.size())
      problem += "; csv: {multiline: false} confines it to its line, where cells hold no line ends";
    if (line.text_size > 0) output.Add(text.substr(0, line.text_size), output.json.size(), std::move(problem));
    output.at += output.Original(text.substr(0, line.size)).size();
    text.remove_prefix(line.size);
    ++line_number;
  }
}

size_t CsvRows::Split(std::string_view bytes, Rest rest, std::string& json, RawBatch& batch) const {
  std::string converted;
  std::string_view text = bytes;
  if (encoding_ != TextEncoding::kUtf8) {
    AppendAsUtf8(bytes, encoding_, rest, converted);
    text = converted;
  }
  Output output{.bytes = bytes, .encoding = encoding_, .json = json, .batch = batch};
  CsvRow row;
  while (!text.empty()) {
    // Each file of a concatenation may begin with a byte order mark.
    const size_t mark = text.starts_with(kMark) ? kMark.size() : 0;
    ReadCsvRow(text.substr(mark), dialect_, rest, row);
    if (row.end == End::kIncomplete) break;
    output.at += output.Original(text.substr(0, mark)).size();
    text.remove_prefix(mark);
    if (row.end != End::kComplete) {
      AppendLines(row, text.substr(0, row.size), output);
    } else {
      if (!row.Blank()) {
        const std::string_view line = text.substr(0, row.text_size);
        std::string problem = ProblemOf(row, output.Original(line));
        const size_t begin = json.size();
        if (problem.empty()) AppendJson(row, json);
        output.Add(line, begin, std::move(problem));
      }
      output.at += output.Original(text.substr(0, row.size)).size();
    }
    text.remove_prefix(row.size);
  }
  return output.at;
}

}  // namespace ingot::source
