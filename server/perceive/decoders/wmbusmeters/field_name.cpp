#include "perceive/decoders/wmbusmeters/field_name.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace ioc::perceive {
namespace {

enum class kind : std::uint8_t { energy, reactive, power, reactive_power, apparent, volume, flow, temperature, humidity, voltage, current, frequency,
                                 factor, cost_allocation, signal };

struct suffix {
  std::string_view text;
  kind what;
  std::string_view unit;
  double times = 1;
};
constexpr std::array suffixes{
    suffix{"kwh", kind::energy, "kW.h"},        suffix{"wh", kind::energy, "kW.h", 0.001},  suffix{"mj", kind::energy, "kW.h", 1 / 3.6},
    suffix{"gj", kind::energy, "kW.h", 1000 / 3.6}, suffix{"kvarh", kind::reactive, "kvar.h"}, suffix{"kw", kind::power, "W", 1000},
    suffix{"w", kind::power, "W"},              suffix{"kvar", kind::reactive_power, "var", 1000}, suffix{"kva", kind::apparent, "V.A", 1000},
    suffix{"m3", kind::volume, "m3"},           suffix{"l", kind::volume, "m3", 0.001},     suffix{"m3h", kind::flow, "m3/h"},
    suffix{"lh", kind::flow, "m3/h", 0.001},    suffix{"c", kind::temperature, "Cel"},      suffix{"f", kind::temperature, "Cel"},
    suffix{"rh", kind::humidity, "%"},          suffix{"v", kind::voltage, "V"},            suffix{"a", kind::current, "A"},
    suffix{"hz", kind::frequency, "Hz"},        suffix{"factor", kind::factor, "1"},        suffix{"hca", kind::cost_allocation, "1"},
    suffix{"dbm", kind::signal, "dBm"},
};

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= name.size();) {
    auto const end = std::min(name.find('_', at), name.size());
    if (end > at) out.push_back(name.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> list) { return std::find(list.begin(), list.end(), word) != list.end(); }

// Words that say the quantity again, by quantity; "current" is "at this moment" everywhere but before amperes.
bool repeats(kind k, std::string_view w) {
  if (one_of(w, {"total", "current", "at", "raw", "instantaneous", "actual"})) return true;
  switch (k) {
    case kind::energy: return one_of(w, {"energy", "consumption", "production", "active", "imported", "exported", "import", "export", "consumed", "produced"});
    case kind::reactive: return one_of(w, {"reactive", "energy", "consumption", "production", "imported", "exported"});
    case kind::power: return one_of(w, {"power", "consumption", "production", "active", "imported", "exported", "import", "export"});
    case kind::reactive_power: return one_of(w, {"reactive", "power", "consumption", "production"});
    case kind::apparent: return one_of(w, {"apparent", "power"});
    case kind::volume: return one_of(w, {"volume", "consumption", "water"});
    case kind::flow: return one_of(w, {"volume", "flow"});
    case kind::temperature: return one_of(w, {"temperature"});
    case kind::humidity: return one_of(w, {"relative", "humidity"});
    case kind::voltage: return one_of(w, {"voltage"});
    case kind::current: return false;
    case kind::frequency: return one_of(w, {"frequency"});
    case kind::factor: return one_of(w, {"power"});
    case kind::cost_allocation: return one_of(w, {"consumption"});
    case kind::signal: return one_of(w, {"rssi"});
  }
  return false;
}

std::string channel_of(kind k, std::vector<std::string_view> const& words) {
  std::vector<std::string> parts;
  std::string rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string w(words[i]);
    bool const has_next = i + 1 < words.size();
    auto const numbered = [&](std::string_view base) -> std::string {
      if (w == base && has_next && words[i + 1].find_first_not_of("0123456789") == std::string_view::npos) return std::string(words[++i]);
      if (w.size() > base.size() && w.starts_with(base) && w.find_first_not_of("0123456789", base.size()) == std::string::npos) return w.substr(base.size());
      return {};
    };
    if (auto n = numbered("phase"); !n.empty()) {
      parts.push_back("L" + n);
      continue;
    }
    if (w == "l1" || w == "l2" || w == "l3") {
      parts.push_back("L" + w.substr(1));
      continue;
    }
    if (auto n = numbered("tariff"); !n.empty()) {
      parts.push_back("tariff" + n);
      continue;
    }
    if (repeats(k, w)) continue;
    if (!rest.empty()) rest += '_';
    rest += w;
  }
  if (!rest.empty()) parts.push_back(rest);
  std::string out;
  for (auto const& p : parts) out += (out.empty() ? "" : "/") + p;
  return out;
}

}  // namespace

std::optional<wmbus_field> wmbus_field_of(std::string_view name, std::string_view media) {
  auto words = words_of(name);
  if (words.empty()) return std::nullopt;
  auto const it = std::find_if(suffixes.begin(), suffixes.end(), [&](suffix const& s) { return s.text == words.back(); });
  if (it == suffixes.end() || words.size() < 2) return std::nullopt;
  words.pop_back();
  auto const has = [&](std::initializer_list<std::string_view> list) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return one_of(w, list); });
  };
  bool const out = has({"production", "exported", "export", "produced"});
  wmbus_field f;
  f.unit = it->unit;
  f.times = it->times;
  f.channel = channel_of(it->what, words);
  switch (it->what) {
    case kind::energy: f.metric = out ? "energy_export" : "energy_import"; break;
    case kind::reactive: f.metric = out ? "reactive_energy_export" : "reactive_energy_import"; break;
    case kind::power: f.metric = out ? "active_power_export" : "active_power_import"; break;
    case kind::reactive_power: f.metric = "reactive_power"; break;
    case kind::apparent: f.metric = "apparent_power"; break;
    case kind::volume:
      if (media.find("gas") != std::string_view::npos) f.metric = "gas_volume";
      else if (media.find("water") != std::string_view::npos) f.metric = "water_volume";
      else f.metric = "meter_reading", f.unit = "1";  // what flows through a heat or oil meter is no drinking water
      break;
    case kind::flow:
      if (media.find("water") == std::string_view::npos) return std::nullopt;
      f.metric = "water_flow_rate";
      break;
    case kind::temperature: f.metric = "temperature"; break;
    case kind::humidity: f.metric = "relative_humidity"; break;
    case kind::voltage: {
      bool const battery = has({"battery"});
      f.metric = battery ? "battery_voltage" : "voltage";
      if (battery) f.channel.clear();
      break;
    }
    case kind::current: f.metric = "current"; break;
    case kind::frequency: f.metric = "frequency"; break;
    case kind::factor:
      if (!has({"power"})) return std::nullopt;
      f.metric = "power_factor";
      break;
    case kind::cost_allocation: f.metric = "meter_reading"; break;
    case kind::signal: f.metric = "rssi"; break;
  }
  return f;
}

}  // namespace ioc::perceive
