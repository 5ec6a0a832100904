#include "adapters/config/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ioc::config {

std::optional<double> decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double v = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(v)) return std::nullopt;
  return v;
}

core::value value_of(node const& n) {
  if (n.is_null()) return std::monostate{};
  if (!n.quoted) {
    if (n.scalar == "true") return true;
    if (n.scalar == "false") return false;
    if (auto const v = decimal(n.scalar)) return *v;
  }
  return n.scalar;
}

map_reader::map_reader(node const& n, std::string path, file_context const& c) : node_(n), path_(std::move(path)), context_(c), usable_(n.is_map()) {
  if (!usable_) context_.fail(node_.line, path_, std::string("a map of `key: value` lines is expected, this is ") + node_.kind_name(), "see proto/schemas for its keys");
}

int map_reader::line_of(std::string const& key) const {
  auto const* n = node_.find(key);
  return n ? n->line : node_.line;
}

void map_reader::fail(std::string const& key, std::string what, std::string cure) const {
  context_.fail(line_of(key), place(key), std::move(what), std::move(cure));
}

node const* map_reader::child_opt(std::string const& key) {
  asked_.push_back(key);
  auto const* n = node_.find(key);
  return n && !n->is_null() ? n : nullptr;
}

node const* map_reader::child(std::string const& key) {
  auto const* n = child_opt(key);
  if (!n && usable_) {
    if (node_.find(key)) fail(key, "is empty", "give it a value");
    else missing_.push_back(key);
  }
  return n;
}

bool map_reader::has(std::string const& key) { return child_opt(key) != nullptr; }

node const* map_reader::scalar(std::string const& key, bool required, char const* wanted) {
  auto const* n = required ? child(key) : child_opt(key);
  if (n && !n->is_scalar()) {
    fail(key, std::string(wanted) + " is expected, this is " + n->kind_name(), std::string("write ") + wanted);
    return nullptr;
  }
  return n;
}

std::string map_reader::text(std::string const& key) {
  auto const* n = scalar(key, true, "a text");
  return n ? n->scalar : std::string{};
}

std::optional<std::string> map_reader::text_opt(std::string const& key) {
  auto const* n = scalar(key, false, "a text");
  if (!n) return std::nullopt;
  return n->scalar;
}

std::optional<std::string> map_reader::text_or_null(std::string const& key) {
  auto const* n = node_.find(key);
  if (n && n->is_null()) {
    asked_.push_back(key);
    return std::nullopt;
  }
  n = scalar(key, true, "a text or null");
  if (!n) return std::nullopt;
  return n->scalar;
}

std::string map_reader::code(std::string const& key) {
  auto const* n = scalar(key, true, "a code in quotes");
  if (!n) return {};
  if (!n->quoted) fail(key, "the code " + n->scalar + " stands without quotes and would be a number", "write \"" + n->scalar + "\"");
  else if (n->scalar.empty() || n->scalar.find_first_not_of("0123456789") != std::string::npos)
    fail(key, "\"" + n->scalar + "\" is no code", "write its digits in quotes, such as \"03478\"");
  return n->scalar;
}

std::optional<double> map_reader::to_number(node const& n, std::string const& key, double min) const {
  auto const v = n.quoted ? std::nullopt : decimal(n.scalar);
  if (!v) {
    fail(key, "a number is expected, this is \"" + n.scalar + "\"",
         n.quoted && decimal(n.scalar) ? "remove the quotes" : "write a decimal number with a point, such as 2.5");
    return std::nullopt;
  }
  if (*v < min) {
    fail(key, n.scalar + " is too small", "write a number of at least " + core::to_json(core::value{min}));
    return std::nullopt;
  }
  return v;
}

double map_reader::number(std::string const& key, double min) {
  auto const* n = scalar(key, true, "a number");
  return n ? to_number(*n, key, min).value_or(0) : 0;
}

std::optional<double> map_reader::number_opt(std::string const& key, double min) {
  auto const* n = scalar(key, false, "a number");
  return n ? to_number(*n, key, min) : std::nullopt;
}

std::optional<int> map_reader::integer_opt(std::string const& key, int min, int max) {
  auto const* n = scalar(key, false, "a whole number");
  if (!n) return std::nullopt;
  auto const v = to_number(*n, key, -std::numeric_limits<double>::infinity());
  if (!v) return std::nullopt;
  if (*v != std::floor(*v) || *v < min || *v > max) {
    auto const range = max == std::numeric_limits<int>::max() ? "of at least " + std::to_string(min) : "from " + std::to_string(min) + " to " + std::to_string(max);
    fail(key, n->scalar + " is not allowed", "write a whole number " + range);
    return std::nullopt;
  }
  return static_cast<int>(*v);
}

int map_reader::integer(std::string const& key, int min, int max) {
  if (!child(key)) return min;
  return integer_opt(key, min, max).value_or(min);
}

bool map_reader::flag(std::string const& key, bool absent) {
  auto const* n = scalar(key, false, "true or false");
  if (!n) return absent;
  if (!n->quoted && (n->scalar == "true" || n->scalar == "false")) return n->scalar == "true";
  fail(key, "true or false is expected, this is \"" + n->scalar + "\"", "write true or false, without quotes");
  return absent;
}

std::optional<core::duration> map_reader::seconds_opt(std::string const& key, bool positive) {
  auto const v = number_opt(key, 0);
  if (!v) return std::nullopt;
  // 100 years: far beyond any window, and inside the range of microseconds.
  if (*v > 3.2e9 || (positive && *v == 0)) {
    fail(key, positive && *v == 0 ? "0 s is no length of time here" : "is longer than 100 years", "write seconds, such as 600");
    return std::nullopt;
  }
  return core::from_seconds(*v);
}

core::duration map_reader::seconds(std::string const& key, bool positive) {
  if (!child(key)) return {};
  return seconds_opt(key, positive).value_or(core::duration{0});
}

std::optional<core::duration> map_reader::seconds_or_null(std::string const& key) {
  auto const* n = node_.find(key);
  if (n && n->is_null()) {
    asked_.push_back(key);
    return std::nullopt;
  }
  return seconds(key);
}

std::vector<std::string> map_reader::texts(std::string const& key) {
  auto const* n = child(key);
  if (n && n->is_list() && n->items.empty()) fail(key, "the list is empty", "name at least one");
  return texts_opt(key);
}

std::vector<std::string> map_reader::texts_opt(std::string const& key) {
  std::vector<std::string> out;
  each(key, false, [&](node const& n, std::string const& p) {
    if (!n.is_scalar()) context_.fail(n.line, p, std::string("a text is expected, this is ") + n.kind_name(), "write a single word or quoted text");
    else if (std::find(out.begin(), out.end(), n.scalar) != out.end()) context_.fail(n.line, p, "\"" + n.scalar + "\" stands twice in the list", "remove one of the two");
    else out.push_back(n.scalar);
  });
  return out;
}

core::comparison map_reader::op(std::string const& key) {
  auto const t = text(key);
  if (auto const c = core::comparison_from(t)) return *c;
  if (!t.empty()) fail(key, "\"" + t + "\" is no comparison", "write ge, gt, le, lt, eq or ne");
  return core::comparison::ge;
}

core::severity map_reader::severity(std::string const& key) {
  auto const t = text(key);
  if (auto const s = core::severity_from(t)) return *s;
  if (!t.empty()) fail(key, "\"" + t + "\" is no severity", suggest(t, {"info", "notice", "warning", "danger", "emergency"}, "severities"));
  return core::severity::info;
}

std::string map_reader::choice(std::string const& key, std::vector<std::string> const& allowed) {
  auto const t = text(key);
  if (!t.empty() && std::find(allowed.begin(), allowed.end(), t) == allowed.end()) fail(key, "\"" + t + "\" is not known", suggest(t, allowed, "known values"));
  return t;
}

core::arguments map_reader::arguments_opt(std::string const& key) {
  core::arguments out;
  auto const* n = child_opt(key);
  if (!n) return out;
  if (!n->is_map()) fail(key, std::string("a map of arguments is expected, this is ") + n->kind_name(), "write {name: value}");
  for (auto const& e : n->entries) {
    if (e.value.is_list() || e.value.is_map()) context_.fail(e.line, place(key) + "." + e.key, "an argument is a single value", "write a number, true, false or a text");
    else out[e.key] = value_of(e.value);
  }
  return out;
}

core::localized map_reader::localized_opt(std::string const& key) {
  core::localized out;
  auto const* n = child_opt(key);
  if (!n) return out;
  map_reader m(*n, place(key), context_);
  out.vi = m.text("vi");
  out.en = m.text_opt("en").value_or(out.vi);
  m.finish();
  return out;
}

void map_reader::each(std::string const& key, bool required, std::function<void(node const&, std::string const&)> const& f) {
  auto const* n = required ? child(key) : child_opt(key);
  if (!n) return;
  if (!n->is_list()) {
    fail(key, std::string("a list is expected, this is ") + n->kind_name(), "write [a, b] or lines that begin with `- `");
    return;
  }
  for (std::size_t i = 0; i < n->items.size(); ++i) f(n->items[i], place(key) + "[" + std::to_string(i) + "]");
}

void map_reader::for_people(std::initializer_list<char const*> keys) {
  for (auto const* k : keys) asked_.emplace_back(k);
}

void map_reader::finish() {
  std::vector<std::string> known = asked_;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (auto const& e : node_.entries) {
    if (std::binary_search(known.begin(), known.end(), e.key)) continue;
    context_.fail(e.line, place(e.key), "the key is not known here", suggest(e.key, known, "known keys"));
    std::erase(missing_, nearest(e.key, known));  // one mistake, one fault: misspelt is not missing, too
  }
  for (auto const& key : missing_) fail(key, "the key is missing", "add `" + key + ":` here");
}

}  // namespace ioc::config
