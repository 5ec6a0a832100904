#include "adapters/web/body.hpp"

#include "adapters/web/problem.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace ioc::web {

namespace {
std::string named(std::string_view field, std::string_view must) { return "field '" + std::string(field) + "' " + std::string(must); }

bool without_nul(boost::json::value const& v) {
  if (auto const* s = v.if_string()) return s->find('\0') == boost::json::string::npos;
  if (auto const* a = v.if_array()) return std::all_of(a->begin(), a->end(), without_nul);
  if (auto const* o = v.if_object())
    return std::all_of(o->begin(), o->end(), [](auto const& pair) { return pair.key().find('\0') == std::string_view::npos && without_nul(pair.value()); });
  return true;
}
}  // namespace

body::body(std::string_view text, std::initializer_list<std::string_view> known) {
  if (text.empty()) return;
  boost::system::error_code ec;
  auto parsed = boost::json::parse(text, ec);
  if (ec) throw bad_request("the body is not JSON: " + ec.message());
  if (!parsed.is_object()) throw bad_request("the body must be a JSON object");
  fields_ = std::move(parsed.get_object());
  for (auto const& pair : fields_) {
    std::string const name(pair.key());
    if (std::find(known.begin(), known.end(), std::string_view(name)) == known.end()) throw bad_request(named(name, "is unknown"));
    if (!without_nul(pair.value())) throw bad_request(named(name, "holds a NUL character"));
  }
}

std::optional<std::string> body::optional_text(std::string_view field, std::size_t most) const {
  auto const* v = fields_.if_contains(field);
  if (!v || v->is_null()) return std::nullopt;
  auto const* s = v->if_string();
  if (!s) throw bad_request(named(field, "must be a text"));
  if (s->size() > most) throw bad_request(named(field, "is longer than " + std::to_string(most) + " bytes"));
  return std::string(s->data(), s->size());
}

std::string body::text(std::string_view field, std::size_t most) const {
  auto out = optional_text(field, most);
  if (!out) throw bad_request(named(field, "is missing"));
  if (out->find_first_not_of(" \t\r\n") == std::string::npos) throw bad_request(named(field, "is empty"));
  return std::move(*out);
}

std::optional<bool> body::optional_flag(std::string_view field) const {
  auto const* v = fields_.if_contains(field);
  if (!v || v->is_null()) return std::nullopt;
  if (!v->is_bool()) throw bad_request(named(field, "must be true or false"));
  return v->get_bool();
}

std::vector<std::string> body::texts(std::string_view field, std::size_t most) const {
  auto const* v = fields_.if_contains(field);
  if (!v) throw bad_request(named(field, "is missing"));
  auto const* a = v->if_array();
  if (!a || a->empty() || a->size() > most) throw bad_request(named(field, "must be a list of 1 to " + std::to_string(most) + " texts"));
  std::vector<std::string> out;
  for (auto const& x : *a) {
    auto const* s = x.if_string();
    if (!s || s->empty() || s->size() > 256) throw bad_request(named(field, "must hold texts of 1 to 256 bytes"));
    out.emplace_back(s->data(), s->size());
  }
  return out;
}

void body::need_object_if_there(std::string_view field) const {
  auto const* v = fields_.if_contains(field);
  if (v && !v->is_null() && !v->is_object()) throw bad_request(named(field, "must be an object"));
}

void body::need_whole_if_there(std::string_view field) const {
  auto const* v = fields_.if_contains(field);
  if (v && !v->is_null() && !v->is_int64()) throw bad_request(named(field, "must be a whole number"));
}

}  // namespace ioc::web
