#include "perceive/decoders/ha_discovery/ha_template.hpp"

#include "perceive/json_read.hpp"

#include <cmath>
#include <vector>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

using maybe = std::optional<json::value>;

// A recursive descent over one expression; `good` turns false at the first thing that is not understood.
class reader {
 public:
  reader(std::string_view text, std::string_view payload, json::value const* parsed) : s_(text), payload_(payload), parsed_(parsed) {}

  template_result all() {
    auto v = conditional();
    blank();
    if (!s_.empty()) good_ = false;
    return {good_, good_ ? std::move(v) : std::nullopt};
  }

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
  maybe wrong() {
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
      else return wrong();
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
  maybe arithmetic(maybe const& v, maybe const& w, char op) {
    auto const a = as_number(v), b = as_number(w);
    if (!a || !b) return std::nullopt;
    double const x = a->get_double(), y = b->get_double();
    double const r = op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y;
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
      if (!good_ || s_.empty() || (s_.front() != '*' && s_.front() != '/') || s_.starts_with("//") || s_.starts_with("**")) return v;
      char const op = s_.front();
      s_.remove_prefix(1);
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
      return json::value(std::round(n->get_double() * scale) / scale);
    }
    if (name == "abs") {
      auto const n = as_number(v);
      return n ? maybe(json::value(std::abs(n->get_double()))) : std::nullopt;
    }
    if (name == "multiply" || name == "add") return args.empty() ? wrong() : arithmetic(v, args[0], name == "add" ? '+' : '*');
    if (name == "default" || name == "d" || name == "is_defined") return v;
    if (name == "bool") return v ? maybe(json::value(truthy(v))) : std::nullopt;
    if (name == "string" || name == "lower" || name == "upper" || name == "trim") {
      if (!v) return std::nullopt;
      std::string t = v->is_string() ? std::string(v->get_string()) : json::serialize(*v);
      if (name == "lower") t = lower(t);
      if (name == "trim") t = std::string(trimmed(t));
      if (name == "upper")
        for (char& c : t) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      return json::value(t);
    }
    return wrong();
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
    if (name == "value_json") return path(parsed_);
    if (name == "value") return s_.starts_with(".") || s_.starts_with("[") ? wrong() : maybe(json::value(json::string_view(payload_.data(), payload_.size())));
    if (name == "true" || name == "True") return json::value(true);
    if (name == "false" || name == "False") return json::value(false);
    if (name == "none" || name == "None") return std::nullopt;
    if (name == "float" || name == "int" || name == "round") {
      auto const args = arguments();
      return args.empty() ? wrong() : apply(name, args[0], {});
    }
    return wrong();
  }

  std::string_view s_;
  std::string_view payload_;
  json::value const* parsed_;
  int depth_ = 0;
  bool good_ = true;
  bool known_ = true;
};

}  // namespace

template_result evaluate_template(std::string_view text, std::string_view payload, json::value const* parsed) {
  text = trimmed(text);
  if (text.empty()) return {true, json::value(json::string_view(payload.data(), payload.size()))};
  if (text.size() > 1024 || !text.starts_with("{{") || !text.ends_with("}}") || text.find("{%") != std::string_view::npos) return {false, {}};
  text = text.substr(2, text.size() - 4);
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.ends_with('-')) text.remove_suffix(1);
  if (text.find("}}") != std::string_view::npos) return {false, {}};
  return reader(text, payload, parsed).all();
}

}  // namespace ioc::perceive
