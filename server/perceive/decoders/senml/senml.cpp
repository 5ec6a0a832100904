#include "perceive/decoders/senml/senml.hpp"

#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// A unit of RFC 8428 and RFC 8798: its UCUM code and what a record without a telling name measures ("" = it says too little).
struct senml_unit {
  std::string_view name, ucum, metric, canonical;
};
constexpr std::array units{
    senml_unit{"Cel", "Cel", "temperature", "Cel"}, senml_unit{"K", "K", "temperature", "Cel"}, senml_unit{"%RH", "%", "relative_humidity", "%"}, senml_unit{"%EL", "%", "battery_level", "%"},
    senml_unit{"lat", "deg", "position_latitude", "deg"}, senml_unit{"lon", "deg", "position_longitude", "deg"}, senml_unit{"V", "V", "voltage", "V"}, senml_unit{"mV", "mV", "voltage", "V"},
    senml_unit{"A", "A", "current", "A"}, senml_unit{"mA", "mA", "current", "A"}, senml_unit{"W", "W", "active_power", "W"}, senml_unit{"kW", "kW", "active_power", "W"}, senml_unit{"VA", "V.A", "apparent_power", "V.A"}, senml_unit{"kVA", "kV.A", "apparent_power", "V.A"},
    senml_unit{"var", "var", "reactive_power", "var"}, senml_unit{"kvar", "kvar", "reactive_power", "var"}, senml_unit{"J", "J", "energy_import", "kW.h"}, senml_unit{"Wh", "W.h", "energy_import", "kW.h"}, senml_unit{"kWh", "kW.h", "energy_import", "kW.h"},
    senml_unit{"kvarh", "kvar.h", "reactive_energy_import", "kvar.h"}, senml_unit{"varh", "var.h", "reactive_energy_import", "kvar.h"},
    senml_unit{"Hz", "Hz", "frequency", "Hz"}, senml_unit{"Pa", "Pa", "air_pressure", "hPa"}, senml_unit{"hPa", "hPa", "air_pressure", "hPa"}, senml_unit{"lx", "lx", "illuminance", "lx"},
    senml_unit{"dBm", "dBm", "rssi", "dBm"}, senml_unit{"mm/h", "mm/h", "rainfall_rate", "mm/h"}, senml_unit{"m/h", "m/h", "rainfall_rate", "mm/h"}, senml_unit{"m3/s", "m3/s", "water_flow_rate", "m3/h"}, senml_unit{"l/s", "L/s", "water_flow_rate", "m3/h"}, senml_unit{"m3", "m3", "water_volume", "m3"}, senml_unit{"l", "L", "water_volume", "m3"},
    senml_unit{"m", "m", "", ""}, senml_unit{"mm", "mm", "", ""}, senml_unit{"cm", "cm", "", ""}, senml_unit{"km", "km", "", ""}, senml_unit{"m/s", "m/s", "", ""}, senml_unit{"km/h", "km/h", "", ""}, senml_unit{"deg", "deg", "", ""}, senml_unit{"rad", "rad", "", ""},
    senml_unit{"%", "%", "", ""}, senml_unit{"/100", "%", "", ""}, senml_unit{"/", "1", "", ""}, senml_unit{"count", "1", "", ""}, senml_unit{"s", "s", "", ""}, senml_unit{"ms", "ms", "", ""}, senml_unit{"min", "min", "", ""}, senml_unit{"h", "h", "", ""},
    senml_unit{"ppm", "[ppm]", "", ""}, senml_unit{"ug/m3", "ug/m3", "", ""}, senml_unit{"dB", "dB", "", ""}, senml_unit{"g/m3", "g/m3", "", ""}, senml_unit{"MHz", "", "", ""}, senml_unit{"Ohm", "Ohm", "gas_resistance", "kOhm"}, senml_unit{"beat/min", "/min", "heart_rate", "/min"},
};

constexpr double relative_below = 268435456;  // 2^28 s

bool name_allowed(std::string_view name) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (name.empty() || !letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '-' || c == ':' || c == '.' || c == '/' || c == '_'; });
}

constexpr std::string_view separators = ":/._-";

std::string_view stripped(std::string_view name) {
  while (!name.empty() && separators.find(name.back()) != std::string_view::npos) name.remove_suffix(1);
  return name;
}

// A whole name without a base: a DEV URN is the device up to its third ':' part, what follows a separator is the quantity.
std::pair<std::string_view, std::string_view> split_urn(std::string_view name) {
  std::size_t at = 8;  // behind "urn:dev:"
  at = name.find(':', at);
  if (at == std::string_view::npos) return {name, {}};
  auto const end = name.find_first_of(":/_;", at + 1);
  return end == std::string_view::npos ? std::pair{name, std::string_view{}} : std::pair{name.substr(0, end), name.substr(end + 1)};
}

struct pack_state {
  std::string bn, bu;
  double bt = 0, bv = 0, bs = 0;
  bool has_bv = false, has_bs = false;
  std::optional<double> bver;
};

// Base fields of one record; the sentence that refuses the pack, empty when all is well.
std::string take_base(json::object const& o, pack_state& p) {
  static constexpr std::array<std::string_view, 17> fields{"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut", "vlo", "vhi"};
  for (auto const& [key, v] : o) {
    std::string_view const k = key;
    if (k.ends_with('_') && std::find(fields.begin(), fields.end(), k) == fields.end()) return "field \"" + cut(k, 32) + "\" must be understood and is not";
  }
  auto const as_number = [&](std::string_view key, double& to, bool* seen = nullptr) {
    auto const* v = o.if_contains(key);
    if (!v) return true;
    if (!v->is_number()) return false;
    to = *number(v);
    if (seen) *seen = true;
    return true;
  };
  for (auto const* v : {o.if_contains("bt"), o.if_contains("bv"), o.if_contains("bs"), o.if_contains("bver"), o.if_contains("t"), o.if_contains("v"), o.if_contains("s")})
    if (v && v->is_double() && !std::isfinite(v->get_double())) return "a number that is not finite";
  double version = 0;
  bool has_version = false;
  if (!as_number("bt", p.bt) || !as_number("bv", p.bv, &p.has_bv) || !as_number("bs", p.bs, &p.has_bs) || !as_number("bver", version, &has_version)) return "a base field that is no number";
  if (has_version) {
    if (version != std::floor(version) || version < 1) return "bver is a whole number above 0";
    if (version > 10) return "SenML version " + std::to_string(static_cast<long long>(std::min(version, 1e9))) + " is not understood, 10 is";
    if (p.bver && *p.bver != version) return "two versions in one pack";
    p.bver = version;
  }
  for (auto const& [key, to] : {std::pair{"bn", &p.bn}, std::pair{"bu", &p.bu}})
    if (auto const* v = o.if_contains(key)) {
      auto const s = text(v);
      if (!s || s->size() > max_text) return std::string(key) + " is a text of at most 256 bytes";
      *to = std::string(*s);
    }
  return {};
}

// The metric of one record, with its channel; `q.unit` the canonical unit.
struct meaning {
  std::string metric, channel, unit, ucum;
};

meaning mean(std::string_view name, std::string_view unit_name, value_form form) {
  auto const* known = name.empty() ? nullptr : quantity_named(name);
  if (!known && !name.empty()) known = quantity_within(name);
  auto const channel = [&](std::string_view metric) { return name == metric ? std::string() : std::string(name); };
  if (form == value_form::truth) {
    if (known && known->as == value_form::truth) return {std::string(known->metric), channel(known->metric), "", ""};
    return {"digital_input", std::string(name), "", ""};
  }
  if (form == value_form::word) {
    if (known && known->as == value_form::word && known->metric != "label") return {std::string(known->metric), channel(known->metric), "", ""};
    return {"label", std::string(name), "", ""};
  }
  auto const it = std::find_if(units.begin(), units.end(), [&](senml_unit const& u) { return u.name == unit_name; });
  auto const ucum = it == units.end() ? ucum_of(unit_name) : it->ucum;
  if (known && known->as == value_form::number) {
    if (unit_name.empty()) return {std::string(known->metric), channel(known->metric), std::string(known->unit), std::string(known->said)};
    if (convert(1, ucum, known->unit)) return {std::string(known->metric), channel(known->metric), std::string(known->unit), std::string(ucum)};
  }
  if (it != units.end() && !it->metric.empty()) return {std::string(it->metric), channel(it->metric), std::string(it->canonical), std::string(it->ucum)};
  // Without a telling name a metre is how far away something is.
  if ((unit_name == "m" || unit_name == "mm" || unit_name == "cm") && name.empty()) return {"distance", "", "m", std::string(ucum)};
  return {"raw_value", std::string(name.empty() ? unit_name : name), "1", "1"};
}

}  // namespace

decoded decode_senml(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("empty payload");
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_array()) return decoded::rejected("a SenML pack is an array of records");
  auto const level = topic_levels(in.topic);
  std::string_view const from_topic = level.back().empty() && level.size() > 1 ? level[level.size() - 2] : level.back();

  decoded d;
  pack_state p;
  std::size_t at = 0, without_value = 0;
  for (auto const& record : doc.root.get_array()) {
    ++at;
    auto const wrong = [&](std::string const& why) { return decoded::rejected("record " + std::to_string(at) + ": " + why); };
    if (at > 10'000) return wrong("a pack holds at most 10,000");
    if (!record.is_object()) return wrong("not an object");
    auto const& o = record.get_object();
    if (auto why = take_base(o, p); !why.empty()) return wrong(why);
    auto const* n = o.if_contains("n");
    if (n && !n->is_string()) return wrong("n is a text");
    auto const own = text(n).value_or(std::string_view{});
    std::string const full = p.bn + std::string(own);
    int values = 0;
    for (auto const* key : {"v", "vs", "vb", "vd"}) values += o.contains(key) ? 1 : 0;
    if (values > 1) return wrong("more than one value");
    bool const sum = o.contains("s") || p.has_bs;
    bool const number_by_base = values == 0 && p.has_bv && !o.contains("s");
    if (values == 0 && !o.contains("s") && !number_by_base) {
      ++without_value;  // only base fields
      continue;
    }
    if (!full.empty() && (!name_allowed(full) || full.size() > max_text)) return wrong("the name \"" + cut(full, 64) + "\" is not one that SenML allows");

    std::string device, quantity_name;
    if (!p.bn.empty()) {
      auto const base = stripped(p.bn);
      device = base.empty() ? std::string(from_topic) : std::string(base);
      auto rest = own;
      while (!rest.empty() && separators.find(rest.front()) != std::string_view::npos) rest.remove_prefix(1);
      quantity_name = rest;
    } else if (full.starts_with("urn:dev:")) {
      auto const [urn, rest] = split_urn(full);
      device = urn;
      quantity_name = rest;
    } else {
      device = from_topic;
      quantity_name = full;
    }

    std::optional<core::time_point> t;
    double own_time = 0;
    if (auto const* said = o.if_contains("t")) {
      if (!said->is_number()) return wrong("t is a number");
      own_time = *number(said);
    }
    double const seconds = p.bt + own_time;
    bool refused_time = false;
    if (seconds >= relative_below) {
      t = epoch(seconds);
      refused_time = !t || seconds >= 1e11;  // SenML knows seconds only
      if (refused_time) t.reset();
    } else if (seconds != 0) {
      t = in.arrival + std::chrono::duration_cast<core::duration>(std::chrono::microseconds(std::llround(seconds * 1e6)));
    }

    auto const unit_name = text(o.if_contains("u")).value_or(std::string_view(p.bu));
    decoded_reading r;
    if (auto const* b = o.if_contains("vb")) {
      if (!b->is_bool()) return wrong("vb is true or false");
      auto m = mean(quantity_name, unit_name, value_form::truth);
      r = {std::move(m.metric), std::move(m.channel), "", b->get_bool()};
    } else if (auto const* s = o.if_contains("vs")) {
      if (!s->is_string()) return wrong("vs is a text");
      if (s->get_string().size() > max_text) return wrong("a text of more than 256 bytes");
      auto m = mean(quantity_name, unit_name, value_form::word);
      r = {std::move(m.metric), std::move(m.channel), "", std::string(s->get_string())};
    } else if (o.contains("vd")) {
      ++without_value;  // bytes are not kept as a reading
      continue;
    } else if (values == 1 || number_by_base) {
      auto const* v = o.if_contains("v");
      auto const x = v ? number(v) : std::optional(0.0);
      if (!x) return wrong("v is a number");
      auto m = mean(quantity_name, unit_name, value_form::number);
      auto const y = convert(*x + p.bv, m.ucum, m.unit);
      if (!y) return wrong("unit \"" + cut(unit_name, 32) + "\" cannot be turned into \"" + m.unit + "\"");
      r = {std::move(m.metric), std::move(m.channel), std::move(m.unit), *y};
    } else if (sum) {
      // The integral over time: watts sum up to joules. Other sums have no quantity of ours.
      auto const x = number(o.if_contains("s"));
      if (!x) return wrong("s is a number");
      if (unit_name != "W" && unit_name != "J" && unit_name != "Ws") {
        ++without_value;
        continue;
      }
      auto const m = mean(quantity_name, "J", value_form::number);
      r = {"energy_import", m.channel, "kW.h", (*x + p.bs) / 3.6e6};
    }
    auto const same = [&](decoded_element const& e) { return e.native == device && e.t == t && e.time_refused == refused_time; };
    if (d.elements.empty() || !same(d.elements.back())) {
      auto& e = d.elements.emplace_back();
      e.native = device;
      e.t = t;
      e.time_refused = refused_time;
    }
    auto& e = d.elements.back();
    e.content = hash_of(json::serialize(record), e.content);
    e.readings.push_back(std::move(r));
  }
  if (d.elements.empty()) return decoded::ignored(without_value ? "no record with a value" : "a pack without records");
  bool all = true;
  for (auto const& e : d.elements)
    for (auto const& r : e.readings) all = all && std::holds_alternative<bool>(r.v);
  if (all && std::any_of(d.elements.begin(), d.elements.end(), tells_of_an_event)) d.kind = message_kind::event;
  return d;
}

}  // namespace ioc::perceive
