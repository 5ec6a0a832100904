#include "perceive/decoders/ha_discovery/ha_template.hpp"

#include "perceive/json_read.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

using maybe = std::optional<json::value>;
constexpr std::size_t max_printed = 4096;
constexpr std::size_t max_names = 16;
constexpr int max_wholes = 16;

// What an expression may look at: the payload, and what {% set %} has named so far.
struct template_scope {
  std::string_view payload;
  json::value const* parsed;
  std::vector<std::pair<std::string, maybe>> names;
  mutable int wholes = 0;  // objects and arrays copied out of the payload so far; each may be as large as the message
};

// A recursive descent over one expression; `good` turns false at the first thing that is not understood.
class reader {
 public:
  reader(std::string_view text, template_scope const& scope) : s_(text), scope_(scope) {}

  // The whole text as one expression. `problem` names the place where it stops being understood.
  template_result all() {
    auto v = conditional();
    blank();
    if (!s_.empty()) wrong();
    if (!good_) return {false, std::nullopt, trouble_};
    if (!known_) v.reset();  // "a == 1 or b == 2" without an a
    return {true, std::move(v), {}};
  }
  // As the condition of an {% if %}; nothing when it asks for a value that the message lacks.
  std::optional<bool> decided(maybe const& v) const { return known_ ? std::optional(truthy(v)) : std::nullopt; }

 private:
  void blank() {
    while (!s_.empty() && (s_.front() == ' ' || s_.front() == '\t' || s_.front() == '\n' || s_.front() == '\r')) s_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    blank();
    if (!s_.starts_with(token)) return false;
    bool const word = is_word(token.front());
    if (word && s_.size() > token.size() && is_word(s_[token.size()])) return false;
    s_.remove_prefix(token.size());
    return true;
  }
  static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
  std::string_view word() {
    blank();
    std::size_t n = 0;
    while (n < s_.size() && is_word(s_[n])) ++n;
    auto const w = s_.substr(0, n);
    s_.remove_prefix(n);
    return w;
  }
  maybe wrong(std::string why = {}) {
    if (good_) trouble_ = !why.empty() ? std::move(why) : s_.empty() ? "it ends too early" : "at \"" + cut(s_, 40) + "\"";
    good_ = false;
    s_ = {};
    return std::nullopt;
  }

  static maybe as_number(maybe const& v) {
    if (!v) return std::nullopt;
    if (v->is_bool()) return json::value(v->get_bool() ? 1.0 : 0.0);
    auto const n = number(&*v);
    return n ? maybe(json::value(*n)) : std::nullopt;
  }
  static bool truthy(maybe const& v) {
    if (!v || v->is_null()) return false;
    if (v->is_bool()) return v->get_bool();
    if (v->is_number()) return *number(&*v) != 0;
    if (v->is_string()) return !v->get_string().empty();
    return true;
  }

  maybe conditional() {
    if (++depth_ > 32) return wrong();
    auto v = either();
    if (take("if")) {
      auto const condition = either();
      maybe other;
      if (take("else")) other = conditional();
      // A condition on a value that the message lacks decides nothing.
      if (!known_) v.reset();
      else if (!truthy(condition)) v = std::move(other);
      known_ = true;
    }
    --depth_;
    return v;
  }
  maybe either() {
    auto v = both();
    while (good_ && take("or")) {
      auto const w = both();
      v = json::value(truthy(v) || truthy(w));
    }
    return v;
  }
  maybe both() {
    auto v = compared();
    while (good_ && take("and")) {
      auto const w = compared();
      v = json::value(truthy(v) && truthy(w));
    }
    return v;
  }
  maybe compared() {
    bool const negated = take("not");
    auto v = sum();
    blank();
    if (take("is")) {
      bool const inverted = take("not");
      auto const what = word();
      if (what == "defined") v = json::value(v.has_value() != inverted);
      else if (what == "none") v = json::value((!v || v->is_null()) != inverted);
      else if (what == "true" || what == "false") v = json::value((v && v->is_bool() && v->get_bool() == (what == "true")) != inverted);
      else return wrong();
    } else if (bool const absent = take("not"); absent || take("in")) {
      if (absent && !take("in")) return wrong();
      v = json::value(contains(sum(), v) != absent);
    } else {
      for (std::string_view op : {"==", "!=", ">=", "<=", ">", "<"}) {
        if (!take(op)) continue;
        auto const w = sum();
        if (!v || !w) {
          known_ = false;
          return std::nullopt;
        }
        auto const a = as_number(v), b = as_number(w);
        bool const numbers = a && b && !(v->is_string() && w->is_string());
        double const x = numbers ? a->get_double() : 0, y = numbers ? b->get_double() : 0;
        bool const equal = numbers ? x == y : *v == *w;
        if (op == "==") v = json::value(equal);
        else if (op == "!=") v = json::value(!equal);
        else if (!numbers) return wrong();
        else v = json::value(op == ">" ? x > y : op == "<" ? x < y : op == ">=" ? x >= y : x <= y);
        break;
      }
    }
    return negated ? maybe(json::value(!truthy(v))) : v;
  }
  // 'key' in value_json, 'part' in value.
  static bool contains(maybe const& whole, maybe const& part) {
    if (!whole || !part || !part->is_string()) return false;
    if (whole->is_object()) return whole->get_object().contains(part->get_string());
    if (whole->is_string()) return std::string_view(whole->get_string()).find(std::string_view(part->get_string())) != std::string_view::npos;
    return whole->is_array() && std::find(whole->get_array().begin(), whole->get_array().end(), *part) != whole->get_array().end();
  }
  maybe arithmetic(maybe const& v, maybe const& w, char op) {
    auto const a = as_number(v), b = as_number(w);
    if (!a || !b) return std::nullopt;
    double const x = a->get_double(), y = b->get_double();
    if ((op == '%' || op == ':' || op == '/') && y == 0) return std::nullopt;
    double const whole = std::floor(x / y);
    double const r = op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : op == '/' ? x / y : op == ':' ? whole : x - whole * y;
    return std::isfinite(r) ? maybe(json::value(r)) : std::nullopt;
  }
  maybe sum() {
    auto v = product();
    for (;;) {
      blank();
      if (!good_ || s_.empty() || (s_.front() != '+' && s_.front() != '-')) return v;
      char const op = s_.front();
      s_.remove_prefix(1);
      v = arithmetic(v, product(), op);
    }
  }
  maybe product() {
    auto v = filtered();
    for (;;) {
      blank();
      if (!good_ || s_.empty() || (s_.front() != '*' && s_.front() != '/' && s_.front() != '%') || s_.starts_with("**")) return v;
      bool const floored = s_.starts_with("//");
      char const op = floored ? ':' : s_.front();
      s_.remove_prefix(floored ? 2 : 1);
      v = arithmetic(v, filtered(), op);
    }
  }
  std::vector<maybe> arguments() {
    std::vector<maybe> out;
    if (!take("(")) return out;
    if (take(")")) return out;
    for (;;) {
      // A named argument (default=0) is read as if it had no name.
      auto const saved = s_;
      auto const name = word();
      blank();
      if (name.empty() || s_.empty() || s_.front() != '=' || s_.starts_with("==")) s_ = saved;
      else s_.remove_prefix(1);
      out.push_back(conditional());
      if (!good_ || take(")")) return out;
      if (!take(",")) {
        wrong();
        return out;
      }
    }
  }
  maybe apply(std::string_view name, maybe v, std::vector<maybe> const& args) {
    if (name == "float") return as_number(v);
    if (name == "int") {
      auto const n = as_number(v);
      return n ? maybe(json::value(std::trunc(n->get_double()))) : std::nullopt;
    }
    if (name == "round") {
      auto const n = as_number(v);
      auto const digits = args.empty() ? std::nullopt : as_number(args[0]);
      if (!n) return std::nullopt;
      double const scale = std::pow(10.0, digits ? std::min(12.0, std::max(-12.0, digits->get_double())) : 0.0);
      auto const way = args.size() > 1 && args[1] && args[1]->is_string() ? std::string_view(args[1]->get_string()) : std::string_view{};
      double const x = n->get_double() * scale;
      double const r = (way == "floor" ? std::floor(x) : way == "ceil" ? std::ceil(x) : std::round(x)) / scale;
      return std::isfinite(r) ? maybe(json::value(r)) : std::nullopt;
    }
    if (name == "abs") {
      auto const n = as_number(v);
      return n ? maybe(json::value(std::abs(n->get_double()))) : std::nullopt;
    }
    if (name == "multiply" || name == "add") return args.empty() ? wrong() : arithmetic(v, args[0], name == "add" ? '+' : '*');
    if (name == "default" || name == "d" || name == "is_defined") return v;
    if (name == "iif") {
      if (!v) return std::nullopt;
      bool const yes = truthy(v);
      return yes ? (args.empty() ? maybe(json::value(true)) : args[0]) : (args.size() < 2 ? maybe(json::value(false)) : args[1]);
    }
    if (name == "replace") {
      if (args.size() < 2 || !args[0] || !args[1] || !args[0]->is_string() || !args[1]->is_string() || args[0]->get_string().empty()) return wrong();
      return v ? maybe(json::value(replaced(template_text(*v), std::string_view(args[0]->get_string()), std::string_view(args[1]->get_string())))) : std::nullopt;
    }
    if (name == "bool") return v ? maybe(json::value(truthy(v))) : std::nullopt;
    if (name == "string" || name == "lower" || name == "upper" || name == "trim") {
      if (!v) return std::nullopt;
      std::string t = template_text(*v);
      if (name == "lower") t = lower(t);
      if (name == "trim") t = std::string(trimmed(t));
      if (name == "upper")
        for (char& c : t) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      return json::value(t);
    }
    return wrong("the filter \"" + cut(name, 32) + "\" is not supported");
  }
  static std::string replaced(std::string const& text, std::string_view what, std::string_view with) {
    std::string out;
    std::size_t from = 0;
    for (std::size_t at; (at = text.find(what, from)) != std::string::npos && out.size() < max_printed; from = at + what.size()) out.append(text, from, at - from).append(with);
    return out.append(text, from);
  }
  maybe filtered() {
    auto v = unary();
    while (good_ && take("|")) {
      auto const name = word();
      auto const args = arguments();
      if (!good_) return std::nullopt;
      v = apply(name, std::move(v), args);
    }
    return v;
  }
  maybe unary() {
    blank();
    if (!s_.empty() && s_.front() == '-') {
      s_.remove_prefix(1);
      if (++depth_ > 32) return wrong();
      auto v = arithmetic(json::value(0), unary(), '-');
      --depth_;
      return v;
    }
    return primary();
  }
  maybe quoted() {
    char const mark = s_.front();
    auto const end = s_.find(mark, 1);
    if (end == std::string_view::npos) return wrong();
    json::value v(json::string_view(s_.data() + 1, end - 1));
    s_.remove_prefix(end + 1);
    return v;
  }
  maybe path(json::value const* at) {
    for (;;) {
      if (s_.starts_with(".get(")) {
        s_.remove_prefix(4);
        auto const args = arguments();
        if (args.empty() || !args[0] || !args[0]->is_string()) return wrong();
        at = member(at, std::string_view(args[0]->get_string()));
      } else if (s_.starts_with(".")) {
        s_.remove_prefix(1);
        auto const name = word();
        if (name.empty() || s_.starts_with("(")) return wrong();
        at = member(at, name);
      } else if (s_.starts_with("[")) {
        s_.remove_prefix(1);
        auto const key = conditional();
        if (!take("]") || !key) return wrong();
        if (key->is_string()) {
          at = member(at, std::string_view(key->get_string()));
        } else {
          auto const n = number(&*key);
          if (!n || *n < 0) return wrong();
          at = at && at->is_array() ? at->get_array().if_contains(static_cast<std::size_t>(*n)) : nullptr;
        }
      } else {
        if (at && at->is_structured() && ++scope_.wholes > max_wholes) return wrong("it takes more than 16 objects out of the message");
        return at && !at->is_null() ? maybe(*at) : std::nullopt;
      }
    }
  }
  maybe primary() {
    blank();
    if (s_.empty()) return wrong();
    char const c = s_.front();
    if (c == '\'' || c == '"') return quoted();
    if (take("(")) {
      auto v = conditional();
      return take(")") ? v : wrong();
    }
    if ((c >= '0' && c <= '9') || c == '.') {
      std::size_t n = 0;
      while (n < s_.size() && ((s_[n] >= '0' && s_[n] <= '9') || s_[n] == '.')) ++n;
      auto const v = decimal(s_.substr(0, n));
      s_.remove_prefix(n);
      return v ? maybe(json::value(*v)) : wrong();
    }
    auto const name = word();
    if (name == "value_json") return path(scope_.parsed);
    if (name == "value") return s_.starts_with(".") || s_.starts_with("[") ? wrong() : maybe(json::value(json::string_view(scope_.payload.data(), scope_.payload.size())));
    if (name == "true" || name == "True") return json::value(true);
    if (name == "false" || name == "False") return json::value(false);
    if (name == "none" || name == "None") return std::nullopt;
    if (name == "float" || name == "int" || name == "round" || name == "iif") {
      auto const args = arguments();
      return args.empty() ? wrong() : apply(name, args[0], {args.begin() + 1, args.end()});
    }
    for (auto const& [set, v] : scope_.names)
      if (set == name) return v ? path(&*v) : std::nullopt;
    return wrong();
  }

  std::string_view s_;
  template_scope const& scope_;
  std::string trouble_;
  int depth_ = 0;
  bool good_ = true;
  bool known_ = true;
};

// A template with statements: texts, {{ … }}, {% if/elif/else/endif %}, {% set %}, {# … #}. One pass; a branch that is not taken is
// stepped over without being looked at. Nested at most eight deep.
class renderer {
 public:
  renderer(std::string_view text, std::string_view payload, json::value const* parsed) : s_(text), scope_{payload, parsed, {}, 0} {}

  template_result all() {
    block(true, 0);
    if (good_ && !s_.empty()) wrong("a statement without its beginning");
    if (!good_) return {false, std::nullopt, problem_};
    if (missing_) return {true, std::nullopt, {}};
    if (only_) return {true, std::move(only_), {}};
    auto const text = trimmed(out_);
    return {true, text.empty() ? std::nullopt : maybe(json::value(json::string_view(text.data(), text.size()))), {}};
  }

 private:
  void wrong(std::string why) {
    if (good_) problem_ = std::move(why);
    good_ = false;
  }
  void put(std::string_view text) {
    if (trimmed(text).empty() && trimmed(out_).empty()) return;
    if (only_) out_ = template_text(*only_), only_.reset();
    out_ += text;
    if (out_.size() > max_printed) wrong("it prints more than 4,096 characters");
  }
  void put(maybe v) {
    if (!v) missing_ = true;
    else if (trimmed(out_).empty() && !only_) only_ = std::move(v);
    else put(template_text(*v));
  }
  // What stands between an opening and its closing mark; the '-' and '+' of white-space control fall away.
  std::string_view inside(std::string_view closing) {
    char quote = 0;
    for (std::size_t i = 2; i + 1 < s_.size(); ++i) {
      if (quote) {
        if (s_[i] == quote) quote = 0;
        continue;
      }
      if (closing != "#}" && (s_[i] == '\'' || s_[i] == '"')) quote = s_[i];
      if (s_.substr(i, 2) != closing) continue;
      auto body = s_.substr(2, i - 2);
      s_.remove_prefix(i + 2);
      if (body.starts_with('-') || body.starts_with('+')) body.remove_prefix(1);
      if (body.ends_with('-') || body.ends_with('+')) body.remove_suffix(1);
      return trimmed(body);
    }
    wrong("\"" + std::string(closing) + "\" is missing");
    s_ = {};
    return {};
  }
  maybe value(std::string_view expression) {
    auto r = reader(expression, scope_).all();
    if (!r.understood) wrong(std::move(r.problem));
    return std::move(r.v);
  }
  // The first word of the statement that begins here, without taking it.
  std::string_view coming() const {
    auto const from = s_.find_first_not_of("-+ \t\r\n", 2);
    if (from == std::string_view::npos) return {};
    auto const to = s_.find_first_of(" \t\r\n%-", from);
    return s_.substr(from, to == std::string_view::npos ? to : to - from);
  }
  // Up to the statement that ends this block; `live`: its texts and values count.
  void block(bool live, int depth) {
    while (good_ && !s_.empty()) {
      auto const open = s_.find('{');
      bool const mark = open != std::string_view::npos && open + 1 < s_.size() && (s_[open + 1] == '{' || s_[open + 1] == '%' || s_[open + 1] == '#');
      if (open != 0 || !mark) {
        auto const n = open == std::string_view::npos ? s_.size() : mark ? open : open + 1;
        if (live) put(s_.substr(0, n));
        s_.remove_prefix(n);
        continue;
      }
      if (s_[1] == '#') {
        inside("#}");
      } else if (s_[1] == '{') {
        auto const expression = inside("}}");
        if (live && good_) put(value(expression));
      } else if (auto const word = coming(); word == "if") {
        choice(live, depth + 1);
      } else if (word == "set") {
        auto const statement = inside("%}");
        if (good_) set(statement.substr(3), live);
      } else if (word == "elif" || word == "else" || word == "endif") {
        return;
      } else {
        wrong("the statement \"" + cut(word, 32) + "\" is not supported");
      }
    }
  }
  void choice(bool live, int depth) {
    if (depth > 8) return wrong("statements are nested deeper than 8");
    bool decided = false, first = true;
    for (;;) {
      auto const word = coming();
      auto const statement = inside("%}");
      if (!good_) return;
      if (word == "endif") return;
      bool take = live && !decided;
      if (word == "if" || word == "elif") {
        if (take) {
          reader condition(statement.substr(word.size()), scope_);
          auto const r = condition.all();
          if (!r.understood) return wrong(r.problem);
          auto const yes = condition.decided(r.v);
          // A condition on a value that the message lacks decides nothing.
          if (!yes) missing_ = decided = true;
          take = yes == true;
        }
      } else if (first) {
        return wrong("\"" + cut(statement, 32) + "\" without an if");
      }
      first = false;
      decided = decided || take;
      block(take, depth);
      if (good_ && s_.empty()) return wrong("endif is missing");
    }
  }
  void set(std::string_view rest, bool live) {
    auto const equals = rest.find('=');
    if (equals == std::string_view::npos) return wrong("a set without \"=\"");
    if (!live) return;
    auto v = value(rest.substr(equals + 1));
    std::string const name(trimmed(rest.substr(0, equals)));
    std::erase_if(scope_.names, [&](auto const& known) { return known.first == name; });
    if (scope_.names.size() >= max_names) return wrong("more than 16 names are set");
    scope_.names.emplace_back(name, std::move(v));
  }

  std::string_view s_;
  template_scope scope_;
  std::string out_, problem_;
  maybe only_;  // the one value printed so far: it keeps its type
  bool good_ = true, missing_ = false;
};

}  // namespace

std::string template_text(json::value const& v) {
  if (v.is_string()) return std::string(v.get_string());
  if (v.is_bool()) return v.get_bool() ? "True" : "False";
  if (auto const n = number(&v); n && *n > -1e15 && *n < 1e15 && *n == std::trunc(*n)) return std::to_string(static_cast<long long>(*n));
  return json::serialize(v);
}

template_result evaluate_template(std::string_view text, std::string_view payload, boost::json::value const* parsed) {
  text = trimmed(text);
  if (text.empty()) return {true, json::value(json::string_view(payload.data(), payload.size())), {}};
  if (text.size() > 1024) return {false, {}, "it is longer than 1,024 characters"};
  if (text.find("{{") == std::string_view::npos && text.find("{%") == std::string_view::npos) return {false, {}, "it asks for no value"};
  return renderer(text, payload, parsed).all();
}

}  // namespace ioc::perceive
