#include "query/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/lower_case.h"
#include "iceberg/value.h"

namespace ingot::query {
namespace {

using iceberg::TableName;

enum class TokenKind { kName, kString, kNumber, kOther };

/// A dotted name, a string literal, a number, or any other single character. Comments and white space are skipped.
struct Token {
  TokenKind kind = TokenKind::kOther;
  size_t begin = 0, end = 0;
  std::vector<std::string> names;  // the parts of a dotted name, without quotes
  std::string text;                // string literal: without quotes; otherwise as written
};

class Lexer {
 public:
  explicit Lexer(const std::string& sql) : sql_(sql) {}

  std::vector<Token> All() {
    std::vector<Token> tokens;
    for (Skip(); at_ < sql_.size(); Skip()) tokens.push_back(Next());
    return tokens;
  }

 private:
  static bool IsNameByte(char c) { return std::isalnum(uint8_t(c)) || c == '_' || c == '$' || uint8_t(c) >= 0x80; }

  void Skip() {
    while (at_ < sql_.size()) {
      if (std::isspace(uint8_t(sql_[at_])))
        ++at_;
      else if (sql_.compare(at_, 2, "--") == 0)
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      else if (sql_.compare(at_, 2, "/*") == 0)
        at_ = std::min(sql_.find("*/", at_ + 2), sql_.size() - 2) + 2;
      else
        return;
    }
  }

  /// Reads a quoted text, in which a doubled quote means a quote.
  std::string Quoted() {
    const char quote = sql_[at_++];
    std::string text;
    for (; at_ < sql_.size(); ++at_) {
      if (sql_[at_] != quote) {
        text += sql_[at_];
      } else if (at_ + 1 < sql_.size() && sql_[at_ + 1] == quote) {
        text += sql_[++at_];
      } else {
        ++at_;
        break;
      }
    }
    return text;
  }

  Token Next() {
    Token token{.begin = at_, .names = {}, .text = {}};
    const char c = sql_[at_];
    if (c == '\'') {
      token.kind = TokenKind::kString;
      token.text = Quoted();
    } else if (std::isdigit(uint8_t(c))) {
      token.kind = TokenKind::kNumber;
      while (at_ < sql_.size() && (IsNameByte(sql_[at_]) || sql_[at_] == '.')) token.text += sql_[at_++];
    } else if (c == '"' || IsNameByte(c)) {
      token.kind = TokenKind::kName;
      while (true) {
        if (at_ < sql_.size() && sql_[at_] == '"') {
          token.names.push_back(Quoted());
        } else {
          token.names.emplace_back();
          while (at_ < sql_.size() && IsNameByte(sql_[at_])) token.names.back() += sql_[at_++];
        }
        const bool more =
            at_ + 1 < sql_.size() && sql_[at_] == '.' && (sql_[at_ + 1] == '"' || IsNameByte(sql_[at_ + 1]));
        if (!more) break;
        ++at_;
      }
      token.text = sql_.substr(token.begin, at_ - token.begin);
    } else {
      token.text = c;
      ++at_;
    }
    token.end = at_;
    return token;
  }

  const std::string& sql_;
  size_t at_ = 0;
};

bool Is(const Token& token, std::string_view word) {
  return token.kind == TokenKind::kName && LowerCase(token.text) == word;
}

std::string QuoteName(const TableName& name) {
  return fmt::format("\"{}\".\"{}\"", name.space, name.name);
}

/// Whether the token after a table is not its alias: a keyword, or no name.
bool EndsTable(const Token& token) {
  static const std::set<std::string> words{
      "where", "join",  "on",        "group",   "order",  "limit", "left",    "right",       "inner", "full",
      "cross", "union", "intersect", "except",  "having", "using", "natural", "tablesample", "asof",  "positional",
      "anti",  "semi",  "window",    "qualify", "offset", "for",   "version", "timestamp"};
  return token.kind != TokenKind::kName || token.names.size() > 1 || words.contains(LowerCase(token.text));
}

class Rewriter {
 public:
  Rewriter(const std::string& sql, const std::vector<TableName>& tables, const std::set<std::string>& metadata_tables,
           const std::string& catalog)
      : sql_(sql), tables_(tables), metadata_tables_(metadata_tables), catalog_(catalog), tokens_(Lexer(sql).All()) {}

  Result<RewrittenSql> Rewrite() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind != TokenKind::kName) continue;
      if (const auto metadata_table = MetadataTableOf(i)) {
        Replace(tokens_[i].begin, tokens_[i].end, QuoteName(*metadata_table));
      } else if (const auto table = TableOf(tokens_[i].names)) {
        INGOT_TRY(RewriteAsOf(i, *table));
      }
    }
    result_.sql += sql_.substr(copied_);
    return std::move(result_);
  }

 private:
  std::optional<TableName> TableOf(std::vector<std::string> names) const {
    if (names.size() > 2 && LowerCase(names[0]) == catalog_) names.erase(names.begin());
    if (names.size() < 2) return std::nullopt;
    std::string space = names[0];
    for (size_t i = 1; i + 1 < names.size(); ++i) space += "." + names[i];
    for (const TableName& table : tables_)
      if (LowerCase(table.space) == LowerCase(space) && LowerCase(table.name) == LowerCase(names.back())) return table;
    return std::nullopt;
  }

  std::optional<TableName> MetadataTableOf(size_t i) const {
    std::vector<std::string> names = tokens_[i].names;
    const bool read = i > 0 && (Is(tokens_[i - 1], "from") || Is(tokens_[i - 1], "join") ||
                                Is(tokens_[i - 1], "describe") || Is(tokens_[i - 1], "summarize"));
    if (!read || names.size() < 3 || TableOf(names)) return std::nullopt;
    const std::string metadata_table = LowerCase(names.back());
    names.pop_back();
    const auto table = TableOf(names);
    if (!table || !metadata_tables_.contains(metadata_table)) return std::nullopt;
    return TableName{table->space, table->name + "$" + metadata_table};
  }

  /// Rewrites an AS OF clause after the table name at token `i`, if there is one.
  Status RewriteAsOf(size_t i, const TableName& table) {
    size_t at = i + 1;
    const auto is = [&](size_t where, std::string_view word) {
      return where < tokens_.size() && Is(tokens_[where], word);
    };
    if (is(at, "for")) ++at;
    const bool version = is(at, "version") || is(at, "system_version"),
               time = is(at, "timestamp") || is(at, "system_time");
    if ((!version && !time) || !is(at + 1, "as") || !is(at + 2, "of")) return {};
    at += 3;
    if (time && is(at, "timestamp")) ++at;
    if (at >= tokens_.size())
      return Fail(ErrorKind::kBadInput, "AS OF: a snapshot id, a branch, a tag or a timestamp is missing");
    const Token& of = tokens_[at];
    AsOf as_of;
    if (time) {
      const auto micros = iceberg::ParseValue(of.text, {.id = iceberg::TypeId::kTimestamptz});
      if (of.kind != TokenKind::kString || !micros)
        return Fail(ErrorKind::kBadInput, "not a timestamp: " + of.text + " (write '2026-01-31 12:00:00')");
      as_of.time_micros = std::get<int64_t>(*micros);
    } else if (of.kind == TokenKind::kNumber) {
      iceberg::SnapshotId id = 0;
      std::from_chars(of.text.data(), of.text.data() + of.text.size(), id);
      as_of.version = id;
    } else {
      as_of.version = of.kind == TokenKind::kString ? of.text : of.names.back();
    }
    const TableName named{table.space, fmt::format("{}@{}", table.name, result_.as_of.size())};
    result_.as_of[named] = {table, as_of};
    const bool aliased = at + 1 < tokens_.size() && !EndsTable(tokens_[at + 1]);
    Replace(tokens_[i].begin, of.end, QuoteName(named) + (aliased ? "" : " AS \"" + table.name + "\""));
    return {};
  }

  void Replace(size_t begin, size_t end, const std::string& with) {
    result_.sql += sql_.substr(copied_, begin - copied_) + with;
    copied_ = end;
  }

  const std::string& sql_;
  const std::vector<TableName>& tables_;
  const std::set<std::string>& metadata_tables_;
  const std::string& catalog_;
  const std::vector<Token> tokens_;
  RewrittenSql result_;
  size_t copied_ = 0;
};

}  // namespace

Result<RewrittenSql> RewriteNames(const std::string& sql, const std::vector<TableName>& tables,
                                  const std::set<std::string>& metadata_tables, const std::string& catalog) {
  return Rewriter(sql, tables, metadata_tables, catalog).Rewrite();
}

Result<iceberg::SnapshotId> ResolveAsOf(const iceberg::TableMetadata& metadata, const AsOf& as_of,
                                        const std::string& table) {
  if (as_of.time_micros) {
    const auto id = iceberg::SnapshotAsOf(metadata, *as_of.time_micros / 1000);
    if (id) return *id;
    return Fail(ErrorKind::kNotFound, fmt::format("no snapshot at or before {} (see: ingot table history {})",
                                                  FormatTimestampMicros(*as_of.time_micros), table));
  }
  if (const auto* name = std::get_if<std::string>(&as_of.version)) {
    const auto ref = metadata.refs.find(*name);
    if (ref != metadata.refs.end()) return ref->second.snapshot_id;
    return Fail(ErrorKind::kNotFound, fmt::format("no branch or tag '{}' (see: ingot table refs {})", *name, table));
  }
  const auto id = std::get<iceberg::SnapshotId>(as_of.version);
  if (metadata.SnapshotById(id) != nullptr) return id;
  return Fail(ErrorKind::kNotFound, fmt::format("no snapshot {} (see: ingot table history {})", id, table));
}

}  // namespace ingot::query
