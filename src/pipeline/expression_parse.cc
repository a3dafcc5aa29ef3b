#include <fmt/format.h>

#include <cctype>

#include "base/lower_case.h"
#include "base/spelling.h"
#include "pipeline/expression.h"
#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

using Kind = Expression::Kind;

struct Token {
  enum class Kind { kName, kNumber, kText, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // names in lower case unless quoted
  size_t at = 0;
  bool quoted = false;
};

constexpr int kDepthMax = 100;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { Advance(); }

  Result<Expression> Whole() {
    INGOT_ASSIGN(Expression expression, Or());
    if (token_.kind != Token::Kind::kEnd) return Expected("the end or an operator");
    return expression;
  }

 private:
  std::unexpected<Error> Expected(const std::string& what) const {
    const std::string found = token_.kind == Token::Kind::kEnd ? "the end" : "'" + token_.text + "'";
    return Fail(ErrorKind::kBadConfig, fmt::format("expression \"{}\": at character {}: expected {}, found {}", text_,
                                                   token_.at + 1, what, found));
  }

  void Advance() {
    while (at_ < text_.size() && std::isspace(uint8_t(text_[at_]))) ++at_;
    token_ = {.at = at_};
    if (at_ >= text_.size()) return;
    const char c = text_[at_];
    if (std::isalpha(uint8_t(c)) || c == '_') {
      token_.kind = Token::Kind::kName;
      while (at_ < text_.size() && (std::isalnum(uint8_t(text_[at_])) || text_[at_] == '_'))
        token_.text += text_[at_++];
    } else if (std::isdigit(uint8_t(c)) ||
               (c == '.' && at_ + 1 < text_.size() && std::isdigit(uint8_t(text_[at_ + 1])))) {
      token_.kind = Token::Kind::kNumber;
      while (at_ < text_.size() &&
             (std::isdigit(uint8_t(text_[at_])) || text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E' ||
              ((text_[at_] == '-' || text_[at_] == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))))
        token_.text += text_[at_++];
    } else if (c == '\'' || c == '"') {
      token_.kind = c == '\'' ? Token::Kind::kText : Token::Kind::kName;
      token_.quoted = true;
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] != c)
          token_.text += text_[at_];
        else if (at_ + 1 < text_.size() && text_[at_ + 1] == c)
          token_.text += text_[++at_];
        else
          break;
      }
      if (at_ >= text_.size())
        token_ = {.kind = Token::Kind::kSymbol, .text = std::string(1, c), .at = token_.at};  // the quote is not closed
      ++at_;
    } else {
      token_.kind = Token::Kind::kSymbol;
      token_.text = c;
      static constexpr std::string_view kPairs[] = {"<=", ">=", "<>", "!=", "||"};
      for (const auto pair : kPairs)
        if (text_.substr(at_, 2) == pair) token_.text = pair;
      at_ += token_.text.size();
    }
  }

  bool IsWord(std::string_view word) const {
    return token_.kind == Token::Kind::kName && !token_.quoted && LowerCase(token_.text) == word;
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    Advance();
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (token_.kind != Token::Kind::kSymbol || token_.text != symbol) return false;
    Advance();
    return true;
  }

  Result<Expression> Or() {
    if (++depth_ > kDepthMax) return Fail(ErrorKind::kBadConfig, "expression is nested too deep");
    INGOT_ASSIGN(Expression left, AndTerm());
    while (TakeWord("or")) {
      INGOT_ASSIGN(Expression right, AndTerm());
      left = Binary("or", std::move(left), std::move(right));
    }
    --depth_;
    return left;
  }

  Result<Expression> AndTerm() {
    INGOT_ASSIGN(Expression left, NotTerm());
    while (TakeWord("and")) {
      INGOT_ASSIGN(Expression right, NotTerm());
      left = Binary("and", std::move(left), std::move(right));
    }
    return left;
  }

  Result<Expression> NotTerm() {
    if (!TakeWord("not")) return Comparison();
    if (++depth_ > kDepthMax) return Fail(ErrorKind::kBadConfig, "expression is nested too deep");
    INGOT_ASSIGN(Expression inner, NotTerm());
    --depth_;
    return Expression{.kind = Kind::kUnary, .text = "not", .arguments = {std::move(inner)}};
  }

  Result<Expression> Comparison() {
    INGOT_ASSIGN(Expression left, Sum());
    for (const std::string_view symbol : {"=", "<>", "!=", "<=", ">=", "<", ">"})
      if (TakeSymbol(symbol)) {
        INGOT_ASSIGN(Expression right, Sum());
        return Binary(symbol == "!=" ? "<>" : std::string(symbol), std::move(left), std::move(right));
      }
    if (TakeWord("is")) {
      const bool negated = TakeWord("not");
      if (!TakeWord("null")) return Expected("NULL");
      return Expression{.kind = Kind::kIsNull, .negated = negated, .arguments = {std::move(left)}};
    }
    const bool negated = TakeWord("not");
    if (TakeWord("between")) {
      INGOT_ASSIGN(Expression low, Sum());
      if (!TakeWord("and")) return Expected("AND");
      INGOT_ASSIGN(Expression high, Sum());
      return Expression{
          .kind = Kind::kBetween, .negated = negated, .arguments = {std::move(left), std::move(low), std::move(high)}};
    }
    if (TakeWord("in")) {
      Expression in{.kind = Kind::kIn, .negated = negated, .arguments = {std::move(left)}};
      if (!TakeSymbol("(")) return Expected("'('");
      INGOT_TRY(List(in.arguments));
      return in;
    }
    if (negated) return Expected("BETWEEN or IN");
    return left;
  }

  Result<Expression> Sum() {
    INGOT_ASSIGN(Expression left, Product());
    while (true) {
      std::string symbol;
      for (const std::string_view candidate : {"+", "-", "||"})
        if (symbol.empty() && TakeSymbol(candidate)) symbol = candidate;
      if (symbol.empty()) return left;
      INGOT_ASSIGN(Expression right, Product());
      left = Binary(symbol, std::move(left), std::move(right));
    }
  }

  Result<Expression> Product() {
    INGOT_ASSIGN(Expression left, Primary());
    while (true) {
      std::string symbol;
      for (const std::string_view candidate : {"*", "/", "%"})
        if (symbol.empty() && TakeSymbol(candidate)) symbol = candidate;
      if (symbol.empty()) return left;
      INGOT_ASSIGN(Expression right, Primary());
      left = Binary(symbol, std::move(left), std::move(right));
    }
  }

  Result<Expression> Primary() {
    if (TakeSymbol("-")) {
      if (++depth_ > kDepthMax) return Fail(ErrorKind::kBadConfig, "expression is nested too deep");
      INGOT_ASSIGN(Expression inner, Primary());
      --depth_;
      return Expression{.kind = Kind::kUnary, .text = "-", .arguments = {std::move(inner)}};
    }
    if (TakeSymbol("(")) {
      INGOT_ASSIGN(Expression inner, Or());
      if (!TakeSymbol(")")) return Expected("')'");
      return inner;
    }
    const Token token = token_;
    if (token.kind == Token::Kind::kNumber) {
      if (const auto number = NumberOf(token.text); !number)
        return Fail(ErrorKind::kBadConfig,
                    fmt::format("expression \"{}\": at character {}: {}", text_, token.at + 1, number.error().message));
      return Advance(), Expression{.kind = Kind::kNumber, .text = token.text};
    }
    if (token.kind == Token::Kind::kText) return Advance(), Expression{.kind = Kind::kText, .text = token.text};
    if (token.kind != Token::Kind::kName) return Expected("a column, a value or '('");
    if (IsWord("true") || IsWord("false")) return Advance(), Expression{.kind = Kind::kBoolean, .text = token.text};
    if (TakeWord("null")) return Expression{.kind = Kind::kNull};
    if (TakeWord("case")) return Case();
    Advance();
    if (!token.quoted && TakeSymbol("(")) return Call(token);
    return Expression{.kind = Kind::kColumn, .text = token.text};
  }

  Result<Expression> Call(const Token& name) {
    Expression call{.kind = Kind::kCall, .text = LowerCase(name.text)};
    const std::string usage = UsageOf(call.text);
    if (usage.empty())
      return Fail(ErrorKind::kBadConfig, fmt::format("expression \"{}\": unknown function '{}'{}", text_, name.text,
                                                     DidYouMean(call.text, FunctionNames())));
    call.distinct = TakeWord("distinct");
    if (TakeSymbol("*")) {
      call.arguments.push_back({.kind = Kind::kStar});
      if (!TakeSymbol(")")) return Expected("')'");
    } else {
      INGOT_TRY(List(call.arguments));
    }
    if (FindFunction(call) == nullptr)
      return Fail(ErrorKind::kBadConfig, fmt::format("expression \"{}\": {} is written {}", text_, call.text, usage));
    return call;
  }

  Result<Expression> Case() {
    Expression expression{.kind = Kind::kCase};
    while (TakeWord("when")) {
      INGOT_ASSIGN(Expression condition, Or());
      if (!TakeWord("then")) return Expected("THEN");
      INGOT_ASSIGN(Expression value, Or());
      expression.arguments.push_back(std::move(condition));
      expression.arguments.push_back(std::move(value));
    }
    if (expression.arguments.empty()) return Expected("WHEN");
    if (TakeWord("else")) {
      INGOT_ASSIGN(Expression value, Or());
      expression.arguments.push_back(std::move(value));
    }
    if (!TakeWord("end")) return Expected("END");
    return expression;
  }

  Status List(std::vector<Expression>& into) {
    do {
      INGOT_ASSIGN(Expression item, Or());
      into.push_back(std::move(item));
    } while (TakeSymbol(","));
    if (!TakeSymbol(")")) return Expected("',' or ')'");
    return {};
  }

  static Expression Binary(std::string symbol, Expression left, Expression right) {
    Expression binary{.kind = Kind::kBinary, .text = std::move(symbol)};
    binary.arguments.push_back(std::move(left));
    binary.arguments.push_back(std::move(right));
    return binary;
  }

  std::string_view text_;
  size_t at_ = 0;
  Token token_;
  int depth_ = 0;
};

}  // namespace

Result<Expression> ParseExpression(std::string_view text) {
  return Parser(text).Whole();
}

}  // namespace ingot::pipeline
