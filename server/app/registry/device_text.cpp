#include "app/registry/device_text.hpp"

#include "core/value.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ioc::app {

namespace json = boost::json;
using pipeline::account_state;
using pipeline::change_kind;

namespace {

constexpr std::size_t most_text = 256, most_list = 64;
constexpr std::string_view change_names[] = {"put", "withdraw", "revert", "set_account"};
constexpr std::string_view account_names[] = {"none", "active", "disabled"};

json::value text_or_null(std::string const& s) { return s.empty() ? json::value(nullptr) : json::value(s); }
json::array list_of(std::vector<std::string> const& all) {
  json::array out;
  for (auto const& s : all) out.emplace_back(s);
  return out;
}
json::value number_or_null(std::optional<double> v) { return v ? json::value(*v) : json::value(nullptr); }
json::value time_or_null(core::time_point t) { return t == core::time_point{} ? json::value(nullptr) : json::value(core::to_iso(t)); }

std::string text_in(json::object const& o, std::string_view key) {
  auto const* v = o.if_contains(key);
  return v && v->is_string() ? std::string{v->get_string()} : std::string{};
}
core::time_point time_in(json::object const& o, std::string_view key) { return core::from_iso(text_in(o, key)).value_or(core::time_point{}); }

std::string wrong(std::string_view field, std::string_view why) { return std::string(field) + ": " + std::string(why); }

std::string bad_text(std::string const& s) {
  if (s.size() > most_text) return "is longer than 256 bytes";
  if (std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; })) return "holds a control character";
  return {};
}

std::string* text_field(core::device& d, std::string_view field) {
  if (field == "name") return &d.name.vi;
  if (field == "name_en") return &d.name.en;
  if (field == "type") return &d.type;
  if (field == "zone") return &d.zone;
  if (field == "model") return &d.model;
  if (field == "native") return &d.native;
  if (field == "parent") return &d.parent;
  return nullptr;
}

std::vector<std::string>* list_field(core::device& d, std::string_view field) {
  return field == "natives" ? &d.natives : field == "tags" ? &d.tags : nullptr;
}

bool is_number(std::string_view field) { return field == "lat" || field == "lon" || field == "coverage_m" || field == "expected_interval_s"; }

std::string set_text(core::device& d, std::string_view field, std::string text) {
  if (auto why = bad_text(text); !why.empty()) return wrong(field, why);
  *text_field(d, field) = std::move(text);
  return {};
}

std::string set_list(core::device& d, std::string_view field, std::vector<std::string> all) {
  if (all.size() > most_list) return wrong(field, "has more than 64 entries");
  for (auto const& s : all) {
    if (s.empty()) return wrong(field, "holds an empty text");
    if (auto why = bad_text(s); !why.empty()) return wrong(field, why);
  }
  *list_field(d, field) = std::move(all);
  return {};
}

std::string set_number(core::device& d, std::string_view field, std::optional<double> v) {
  if (v && !std::isfinite(*v)) return wrong(field, "is no number");
  if (field == "lat" && v && (*v < -90 || *v > 90)) return wrong(field, "is beyond the pole: degrees north, from -90 to 90");
  if (field == "lon" && v && (*v < -180 || *v > 180)) return wrong(field, "degrees east, from -180 to 180");
  if (field == "coverage_m" && v && *v < 0) return wrong(field, "is below 0");
  if (field == "expected_interval_s") {
    if (v && (*v < 0.001 || *v > 366 * 86400.0)) return wrong(field, "must be above 0 and at most a year");
    d.expected_interval = v ? std::optional(core::from_seconds(*v)) : std::nullopt;
    return {};
  }
  (field == "lat" ? d.lat : field == "lon" ? d.lon : d.coverage_m) = v;
  return {};
}

std::string set_calibration(core::device& d, std::map<std::string, double> all) {
  if (all.size() > most_list) return wrong("calibration", "has more than 64 entries");
  for (auto const& [name, v] : all)
    if (name.empty() || name.size() > 64 || !std::isfinite(v)) return wrong("calibration", "must hold names of 1 to 64 bytes with a number each");
  d.calibration = std::move(all);
  return {};
}

std::string position_fault(core::device const& d) { return d.lat.has_value() == d.lon.has_value() ? "" : wrong(d.lat ? "lat" : "lon", "stands alone: give lat and lon, or neither"); }

std::optional<double> number_of_text(std::string text, bool comma) {
  if (comma) std::replace(text.begin(), text.end(), ',', '.');
  double v = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  return ec == std::errc{} && end == text.data() + text.size() ? std::optional(v) : std::nullopt;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    auto const end = text.find('|');
    auto part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string_view to_text(account_state s) { return account_names[static_cast<std::size_t>(s)]; }

json::object to_json(core::device const& d) {
  json::object calibration;
  for (auto const& [name, v] : d.calibration) calibration[name] = v;
  return {{"unit", d.unit}, {"device", d.id}, {"name", d.name.vi}, {"name_en", text_or_null(d.name.en)}, {"type", d.type}, {"zone", text_or_null(d.zone)},
          {"model", text_or_null(d.model)}, {"native", text_or_null(d.native)}, {"natives", list_of(d.natives)}, {"parent", text_or_null(d.parent)},
          {"lat", number_or_null(d.lat)}, {"lon", number_or_null(d.lon)}, {"coverage_m", number_or_null(d.coverage_m)},
          {"expected_interval_s", d.expected_interval ? json::value(core::to_seconds(*d.expected_interval)) : json::value(nullptr)},
          {"tags", list_of(d.tags)}, {"calibration", std::move(calibration)}, {"receipts", d.receipts}};
}

std::string merge_fields(core::device& d, json::object const& o) {
  for (auto const& [key, v] : o) {
    std::string const field(key);
    std::string why;
    if (field == "unit" || field == "device") continue;
    if (text_field(d, field)) {
      why = v.is_null() ? set_text(d, field, "") : v.is_string() ? set_text(d, field, std::string(v.get_string())) : wrong(field, "must be a text");
    } else if (list_field(d, field)) {
      std::vector<std::string> all;
      bool fine = v.is_null() || v.is_array();
      if (v.is_array())
        for (auto const& x : v.get_array()) {
          fine = fine && x.is_string();
          if (fine) all.emplace_back(x.get_string());
        }
      why = fine ? set_list(d, field, std::move(all)) : wrong(field, "must be a list of texts");
    } else if (is_number(field)) {
      why = v.is_null() ? set_number(d, field, std::nullopt) : v.is_number() ? set_number(d, field, v.to_number<double>()) : wrong(field, "must be a number");
    } else if (field == "calibration") {
      std::map<std::string, double> all;
      bool fine = v.is_null() || v.is_object();
      if (v.is_object())
        for (auto const& [name, x] : v.get_object()) {
          fine = fine && x.is_number();
          if (fine) all[std::string(name)] = x.to_number<double>();
        }
      why = fine ? set_calibration(d, std::move(all)) : wrong(field, "must be an object of numbers");
    } else if (field == "receipts") {
      if (!v.is_bool() && !v.is_null()) why = wrong(field, "must be true or false");
      d.receipts = v.is_bool() && v.get_bool();
    } else {
      why = wrong(field, "is unknown");
    }
    if (!why.empty()) return why;
  }
  return position_fault(d);
}

std::vector<std::string> const& device_fields() {
  static std::vector<std::string> const all{"unit", "device", "name", "name_en", "type", "zone", "model", "native", "natives", "parent", "lat", "lon", "coverage_m",
                                            "expected_interval_s", "tags", "calibration", "receipts"};
  return all;
}

std::string merge_cell(core::device& d, std::string const& field, std::string const& text, bool comma) {
  if (text_field(d, field)) return set_text(d, field, text);
  if (list_field(d, field)) return set_list(d, field, split(text));
  if (is_number(field)) {
    if (text.empty()) return set_number(d, field, std::nullopt);
    auto const v = number_of_text(text, comma);
    return v ? set_number(d, field, v) : wrong(field, "\"" + text.substr(0, 40) + "\" is no number");
  }
  if (field == "calibration") {
    std::map<std::string, double> all;
    for (auto const& part : split(text)) {
      auto const equals = part.find('=');
      auto const v = equals == std::string::npos ? std::nullopt : number_of_text(part.substr(equals + 1), comma);
      if (!v) return wrong(field, "write name=number, several with | between them");
      all[part.substr(0, equals)] = *v;
    }
    return set_calibration(d, std::move(all));
  }
  if (field == "receipts") {
    bool const yes = text == "1" || text == "true" || text == "yes" || text == "có";
    if (!yes && !text.empty() && text != "0" && text != "false" && text != "no" && text != "không") return wrong(field, "write true or false");
    d.receipts = yes;
    return {};
  }
  return wrong(field, "is unknown");
}

// ---------------------------------------------------------------- records

json::object to_json(pipeline::registry_change const& c) {
  json::object o{{"kind", change_names[static_cast<std::size_t>(c.kind)]}};
  if (c.kind == change_kind::put) {
    o["device"] = to_json(c.device);
    if (c.only_new) o["only_new"] = true;
  } else {
    o["device"] = json::object{{"unit", c.device.unit}, {"device", c.device.id}};
    if (c.kind == change_kind::set_account) o["account"] = to_text(c.account);
  }
  return o;
}

namespace {
std::optional<account_state> account_from(std::string const& text) {
  auto const at = std::find(std::begin(account_names), std::end(account_names), text);
  if (at == std::end(account_names)) return std::nullopt;
  return static_cast<account_state>(at - std::begin(account_names));
}
}  // namespace

std::optional<pipeline::registry_change> change_from(json::value const& v) {
  auto const* o = v.if_object();
  if (!o) return std::nullopt;
  auto const kind = std::find(std::begin(change_names), std::end(change_names), text_in(*o, "kind"));
  auto const* device = o->if_contains("device");
  if (kind == std::end(change_names) || !device || !device->is_object()) return std::nullopt;
  pipeline::registry_change c;
  c.kind = static_cast<change_kind>(kind - std::begin(change_names));
  c.device.unit = text_in(device->get_object(), "unit");
  c.device.id = text_in(device->get_object(), "device");
  if (c.kind == change_kind::put && !merge_fields(c.device, device->get_object()).empty()) return std::nullopt;
  auto const* only_new = o->if_contains("only_new");
  c.only_new = only_new && only_new->is_bool() && only_new->get_bool();
  c.account = account_from(text_in(*o, "account")).value_or(account_state::none);
  return c;
}

json::object to_json(pipeline::registry_entry const& e) {
  return {{"definition", e.device ? json::value(to_json(*e.device)) : json::value(nullptr)}, {"withdrawn", e.withdrawn}, {"account", to_text(e.account)},
          {"account_by", text_or_null(e.account_by)}, {"account_at", time_or_null(e.account_at)}, {"created_by", text_or_null(e.created_by)},
          {"created_at", time_or_null(e.created_at)}, {"changed_by", text_or_null(e.changed_by)}, {"changed_at", time_or_null(e.changed_at)}};
}

std::optional<pipeline::registry_entry> entry_from(json::value const& v, core::device_ref const& ref) {
  auto const* o = v.if_object();
  if (!o) return std::nullopt;
  pipeline::registry_entry e;
  if (auto const* d = o->if_contains("definition"); d && d->is_object()) {
    core::device is;
    is.unit = ref.unit;
    is.id = ref.device;
    if (!merge_fields(is, d->get_object()).empty()) return std::nullopt;
    e.device = std::make_shared<core::device const>(std::move(is));
  }
  if (auto const* w = o->if_contains("withdrawn"); w && w->is_bool()) e.withdrawn = w->get_bool();
  e.account = account_from(text_in(*o, "account")).value_or(account_state::none);
  e.account_by = text_in(*o, "account_by");
  e.account_at = time_in(*o, "account_at");
  e.created_by = text_in(*o, "created_by");
  e.created_at = time_in(*o, "created_at");
  e.changed_by = text_in(*o, "changed_by");
  e.changed_at = time_in(*o, "changed_at");
  return e;
}

json::object to_json(pipeline::change_result const& r) {
  return {{"unit", r.device.unit}, {"device", r.device.device}, {"outcome", pipeline::to_text(r.outcome)}, {"reason", text_or_null(r.reason)}};
}

}  // namespace ioc::app
