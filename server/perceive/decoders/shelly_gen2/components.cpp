#include "perceive/decoders/shelly_gen2/components.hpp"

#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct quantity {
  std::string_view key;
  std::string_view metric;
  std::string_view unit;  // "" = boolean
  double divide = 1;
};

// Behind a phase letter ("a_voltage") in em, behind nothing in em1.
constexpr std::array phase_keys{
    quantity{"current", "current", "A"},          quantity{"voltage", "voltage", "V"},         quantity{"act_power", "active_power", "W"},
    quantity{"aprt_power", "apparent_power", "V.A"}, quantity{"pf", "power_factor", "1"},      quantity{"freq", "frequency", "Hz"},
    quantity{"total_act_energy", "energy_import", "kW.h", 1000}, quantity{"total_act_ret_energy", "energy_export", "kW.h", 1000},
};
constexpr std::array total_keys{
    quantity{"total_current", "current", "A"},           quantity{"total_act_power", "active_power", "W"},
    quantity{"total_aprt_power", "apparent_power", "V.A"}, quantity{"total_act", "energy_import", "kW.h", 1000},
    quantity{"total_act_ret", "energy_export", "kW.h", 1000},
};
// switch, pm1, cover, light and the small sensor components.
constexpr std::array plain_keys{
    quantity{"output", "switch_state", ""},       quantity{"apower", "active_power", "W"},    quantity{"voltage", "voltage", "V"},
    quantity{"current", "current", "A"},          quantity{"pf", "power_factor", "1"},        quantity{"freq", "frequency", "Hz"},
    quantity{"aprtpower", "apparent_power", "V.A"}, quantity{"rh", "relative_humidity", "%"}, quantity{"tC", "temperature", "Cel"},
    quantity{"lux", "illuminance", "lx"},         quantity{"brightness", "light_output", "%"},
};
constexpr std::array<std::pair<char, std::string_view>, 4> phases{{{'a', "L1"}, {'b', "L2"}, {'c', "L3"}, {'n', "N"}}};

// What a component says of its own failures: errors of the whole component, or of one quantity ("out_of_range:voltage").
struct failures {
  bool any = false;
  bool all = false;
  std::vector<std::string> quantities;

  void read(json::value const* list) {
    if (!list || !list->is_array()) return;
    for (auto const& v : list->get_array()) {
      auto const word = text(&v);
      if (!word) continue;
      any = true;
      if (*word == "read" || *word == "power_meter_failure" || *word == "cable_unplugged" || *word == "out_of_range") all = true;
      else if (word->starts_with("out_of_range:")) quantities.emplace_back(word->substr(13));
    }
  }
  bool touches(std::string_view key) const {
    if (all) return true;
    for (auto const& q : quantities)
      if (key == q || key.ends_with(q)) return true;
    return false;
  }
};

void add(decoded_element& e, quantity const& q, std::string channel, json::value const* v, failures const& failed) {
  if (!v || v->is_null()) return;
  decoded_reading r{std::string(q.metric), std::move(channel), std::string(q.unit), {}};
  if (q.unit.empty()) {
    auto const b = truth(v);
    if (!b) return;
    r.v = *b;
  } else {
    auto const n = scaled(v, q.unit, q.divide);
    if (!n) return;
    if ((q.metric == "relative_humidity" && *n > 100) || (q.metric == "temperature" && *n >= 998)) r.q = core::quality::bad;  // 999: could not be read
    r.v = *n;
  }
  if (failed.touches(q.key)) r.q = core::quality::bad;
  e.readings.push_back(std::move(r));
}

void read_phases(json::value const& c, std::string const& prefix, decoded_element& e) {
  failures whole;
  whole.read(member(&c, "errors"));
  for (auto const& [letter, line] : phases) {
    failures own = whole;
    own.read(member(&c, std::string(1, letter) + "_errors"));
    for (auto const& q : phase_keys) add(e, q, prefix + std::string(line), member(&c, std::string(1, letter) + "_" + std::string(q.key)), own);
    if (own.any && !whole.any) add_flag(e, "device_fault", prefix + std::string(line), true);
  }
  if (whole.any) add_flag(e, "device_fault", prefix + "total", true);
  for (auto const& q : total_keys) add(e, q, prefix + "total", member(&c, q.key), whole);
}

// Protections of an output: the device has switched it off, or will.
void read_protections(json::value const& c, std::string const& id, decoded_element& e) {
  auto const* list = member(&c, "errors");
  if (!list || !list->is_array()) return;
  for (auto const& v : list->get_array())
    if (auto const word = text(&v); word && (*word == "overtemp" || *word == "overpower" || *word == "overvoltage" || *word == "undervoltage" || *word == "overcurrent"))
      add_flag(e, "alarm", id + "/" + std::string(*word), true);
}

// What BTHome sensors and the virtual components hold is named by the user; the number is kept as it is.
void read_unnamed(json::value const& c, std::string const& channel, decoded_element& e) {
  auto const* v = member(&c, "value");
  if (auto const b = v && v->is_bool() ? truth(v) : std::nullopt) return add_flag(e, "digital_input", channel, *b);
  if (auto const n = number(v); n && !v->is_string()) add_number(e, "raw_value", channel, "1", *n);
  if (auto const at = number(member(&c, "last_updated_ts")); at && !e.readings.empty()) e.readings.back().t = epoch(*at);
}

bool one_of(std::string_view type, std::initializer_list<std::string_view> list) { return std::find(list.begin(), list.end(), type) != list.end(); }

}  // namespace

bool shelly_component_measures(std::string_view component) {
  return one_of(component.substr(0, component.find(':')), {"em", "em1", "emdata", "em1data", "pm1", "temperature", "humidity", "voltmeter", "illuminance", "devicepower"});
}

void read_shelly_component(std::string_view component, json::value const& c, decoded_element& e) {
  if (!c.is_object()) return;
  auto const colon = component.find(':');
  auto const type = component.substr(0, colon);
  std::string const id(colon == std::string_view::npos ? std::string_view{} : component.substr(colon + 1));
  if (id.size() > 16) return;
  failures failed;
  failed.read(member(&c, "errors"));
  auto const fault = [&](std::string channel) {
    if (failed.any) add_flag(e, "device_fault", std::move(channel), true);
  };

  if (type == "em" || type == "emdata") return read_phases(c, id == "0" ? "" : id + "/", e);
  if (type == "em1" || type == "em1data") {
    for (auto const& q : phase_keys) add(e, q, id, member(&c, q.key), failed);
    return fault(id);
  }
  if (type == "devicepower") {
    auto const channel = id == "0" ? std::string() : id;
    add(e, {"percent", "battery_level", "%"}, channel, member(member(&c, "battery"), "percent"), failed);
    add(e, {"V", "battery_voltage", "V"}, channel, member(member(&c, "battery"), "V"), failed);
    add(e, {"present", "external_power", ""}, channel, member(member(&c, "external"), "present"), failed);
    return fault(channel);
  }
  if (type == "input") {
    add(e, {"state", "digital_input", ""}, id, member(&c, "state"), failed);
    add(e, {"percent", "raw_value", "1"}, id, member(&c, "xpercent") && !member(&c, "xpercent")->is_null() ? member(&c, "xpercent") : member(&c, "percent"), failed);
    add(e, {"total", "raw_value", "1"}, id + "/count", member(member(&c, "counts"), "total"), failed);
    add(e, {"freq", "frequency", "Hz"}, id, member(&c, "freq"), failed);
    return fault(id);
  }
  if (type == "smoke" || type == "flood") {
    add(e, {"alarm", type == "smoke" ? "smoke_detected" : "water_leak_detected", ""}, id, member(&c, "alarm"), failed);
    add(e, {"mute", "alarm_muted", ""}, id, member(&c, "mute"), failed);
    return fault(id);
  }
  if (type == "voltmeter") {
    add(e, {"voltage", "voltage", "V"}, id, member(&c, "voltage"), failed);
    return fault(id);
  }
  if (type == "wifi") return add(e, {"rssi", "rssi", "dBm"}, "", member(&c, "rssi"), failed);
  if (type == "sys") {
    add(e, {"uptime", "uptime", "s"}, "", member(&c, "uptime"), failed);
    if (auto const* updates = member(&c, "available_updates"); updates && updates->is_object())
      add_flag(e, "update_available", "", member(updates, "stable") != nullptr);
    return;
  }
  if (type == "thermostat") {
    add(e, {"current_C", "temperature", "Cel"}, id, member(&c, "current_C"), failed);
    add(e, {"output", "switch_state", ""}, id, member(&c, "output"), failed);
    return fault(id);
  }
  if (type == "blutrv" || type == "bthomedevice") {
    add(e, {"current_C", "temperature", "Cel"}, id, member(&c, "current_C"), failed);
    add(e, {"battery", "battery_level", "%"}, id, member(&c, "battery"), failed);
    add(e, {"rssi", "rssi", "dBm"}, id, member(&c, "rssi"), failed);
    return fault(id);
  }
  if (type == "presence" || type == "presencezone") {
    add(e, {"state", "occupancy", ""}, id, member(&c, "state"), failed);
    add(e, {"num_objects", "object_count", "1"}, id, member(&c, "num_objects"), failed);
    return fault(id);
  }
  if (one_of(type, {"bthomesensor", "number", "boolean"})) return read_unnamed(c, std::string(component), e);
  if (!one_of(type, {"switch", "pm1", "cover", "light", "rgb", "rgbw", "cct", "humidity", "temperature", "illuminance"})) return;
  for (auto const& q : plain_keys) add(e, q, id, member(&c, q.key), failed);
  add(e, {"total", "energy_import", "kW.h", 1000}, id, member(member(&c, "aenergy"), "total"), failed);
  add(e, {"total", "energy_export", "kW.h", 1000}, id, member(member(&c, "ret_aenergy"), "total"), failed);
  add(e, {"tC", "device_temperature", "Cel"}, id, member(member(&c, "temperature"), "tC"), failed);  // the chip's; tF repeats it
  if (type == "cover")
    if (auto const state = text(member(&c, "state"))) add_text(e, "device_state", id, *state);
  read_protections(c, id, e);
  fault(id);
}

}  // namespace ioc::perceive
