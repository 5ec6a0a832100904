#include "perceive/decoders/chirpstack_v4/chirpstack_v4.hpp"

#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

enum class form : std::uint8_t { number, truth, word };

// A key of a codec's object. `unit` is what the vendor sends ("" = already canonical, `metric_unit`).
struct field {
  std::string_view key;
  std::string_view metric;
  std::string_view metric_unit;
  std::string_view unit;
  form as = form::number;
};

// Milesight's keys first, then Dragino's.
constexpr std::array fields{
    field{"battery", "battery_level", "%", "%"},
    field{"temperature", "temperature", "Cel", "Cel"},
    field{"humidity", "relative_humidity", "%", "%"},
    field{"pressure", "air_pressure", "hPa", "hPa"},
    field{"barometric_pressure", "air_pressure", "hPa", "hPa"},
    field{"wind_direction", "wind_direction", "deg", "deg"},
    field{"wind_speed", "wind_speed", "m/s", "m/s"},
    field{"rainfall_total", "rainfall_total", "mm", "mm"},
    field{"distance", "distance", "m", "mm"},
    field{"depth", "water_level", "m", "cm"},
    field{"co2", "co2_concentration", "[ppm]", "[ppm]"},
    field{"tvoc", "tvoc_index", "1", "1"},
    field{"hcho", "formaldehyde", "mg/m3", "mg/m3"},
    field{"pm2_5", "pm2_5", "ug/m3", "ug/m3"},
    field{"pm10", "pm10", "ug/m3", "ug/m3"},
    field{"light_level", "light_level", "1", "1"},
    field{"illumination", "illuminance", "lx", "lx"},
    field{"current", "current", "A", "mA"},
    field{"voltage", "voltage", "V", "V"},
    field{"active_power", "active_power", "W", "W"},
    field{"power_factor", "power_factor", "1", "%"},
    field{"power_consumption", "energy_import", "kW.h", "W.h"},
    field{"leakage_status", "water_leak_detected", "", "", form::truth},
    field{"magnet_status", "door_open", "", "", form::truth},
    field{"tamper_status", "tamper", "", "", form::truth},
    field{"pir", "motion_detected", "", "", form::truth},
    field{"occupancy", "occupancy", "", "", form::truth},
    field{"socket_status", "switch_state", "", "", form::truth},
    field{"BAT_V", "battery_voltage", "V", "V"},
    field{"BatV", "battery_voltage", "V", "V"},
    field{"Bat", "battery_voltage", "V", "V"},
    field{"TempC_SHT", "temperature", "Cel", "Cel"},
    field{"TempC1", "temperature", "Cel", "Cel"},
    field{"Hum_SHT", "relative_humidity", "%", "%"},
    field{"Distance", "distance", "m", "mm"},
    field{"DOOR_OPEN_STATUS", "door_open", "", "", form::truth},
    field{"WATER_LEAK_STATUS", "water_leak_detected", "", "", form::truth},
    field{"ALARM", "alarm", "", "", form::truth},
};

bool failed_reading(std::string_view key, double v) {
  // Dragino writes 3276.7 °C or 327.67 °C for a probe that is not there, 20 mm for an echo that never came.
  if (key.starts_with("TempC")) return v == 3276.7 || v == 327.67 || v == -327.68;
  return key == "Distance" && (v == 20 || v == 0);
}

// "1024 mm", "45 %", "3.328 V": a decimal with its unit behind.
std::optional<double> measured(json::value const& v, field const& f) {
  if (auto const n = number(&v)) return convert(*n, f.unit, f.metric_unit);
  auto const s = text(&v);
  if (!s) return std::nullopt;
  auto const digits = s->find_first_not_of("+-.0123456789");
  if (digits == std::string_view::npos || digits == 0) return std::nullopt;
  auto const n = decimal(s->substr(0, digits));
  auto const unit = trimmed(s->substr(digits));
  return n ? convert(*n, unit, f.metric_unit) : std::nullopt;
}

void read_field(std::string_view key, json::value const& v, decoded_element& e) {
  for (auto const& f : fields) {
    if (f.key != key) continue;
    decoded_reading r;
    r.metric = f.metric;
    r.unit = f.metric_unit;
    if (f.as == form::truth) {
      auto const b = truth(&v);
      if (!b) return;
      r.v = *b;
    } else {
      auto const n = measured(v, f);
      auto const said = number(&v);
      if (!n || (said && failed_reading(key, *said))) return;
      r.v = *n;
    }
    e.readings.push_back(std::move(r));
    return;
  }
  // People counters: line_1_total_in, line_4_total_out.
  if (auto const total = key.find("_total_"); key.starts_with("line_") && total != std::string_view::npos) {
    auto const way = key.substr(total + 7);
    auto const n = number(&v);
    if (n && (way == "in" || way == "out"))
      e.readings.push_back({"crossing_count", std::string(key.substr(0, total)) + "/" + std::string(way), "1", *n});
  }
}

void read_radio(json::value const& root, decoded_element& e) {
  auto const* radio = member(&root, "rxInfo");
  if (!radio || !radio->is_array()) return;
  std::size_t heard = 0;
  for (auto const& rx : radio->get_array()) {
    if (++heard > 16) return;  // more gateways than this tell nothing
    auto const gateway = text(member(&rx, "gatewayId"));
    if (!gateway || gateway->size() > 64) continue;
    if (auto const n = number(member(&rx, "rssi"))) e.readings.push_back({"rssi", std::string(*gateway), "dBm", *n});
    if (auto const n = number(member(&rx, "snr"))) e.readings.push_back({"snr", std::string(*gateway), "dB", *n});
  }
}

bool tells_of_an_event(decoded_element const& e) {
  for (auto const& r : e.readings)
    if (r.metric == "water_leak_detected" || r.metric == "door_open" || r.metric == "tamper" || r.metric == "alarm") return true;
  return false;
}

decoded read_uplink(json::value const& root, decoded d) {
  auto& e = d.elements.front();
  if (auto const n = number(member(&root, "fCnt")); n && *n >= 0) e.seq = static_cast<std::uint64_t>(*n);
  if (auto const* object = member(&root, "object"); object && object->is_object())
    for (auto const& [key, v] : object->get_object()) read_field(key, v, e);
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  read_radio(root, e);
  if (e.readings.empty()) return decoded::ignored("an uplink without values: no codec and no radio report", d.kind);
  return d;
}

}  // namespace

decoded decode_chirpstack_v4(decode_input const& in) {
  // application/{id}/device/{devEui}/{event|command}/{what}
  std::array<std::string_view, 6> level{};
  auto rest = in.topic;
  for (std::size_t i = 0; i < 6; ++i) {
    auto const slash = rest.find('/');
    level[i] = rest.substr(0, slash);
    if ((slash == std::string_view::npos) != (i == 5)) return decoded::rejected("not a ChirpStack topic");
    if (i < 5) rest = rest.substr(slash + 1);
  }
  if (level[0] != "application" || level[2] != "device" || level[3].empty()) return decoded::rejected("not a ChirpStack topic");
  std::string const eui(level[3]);
  auto const what = level[5];

  if (level[4] == "command") {
    auto d = decoded::of(message_kind::command, eui);
    d.command = decoded_command{true, what == "down" ? "downlink" : std::string(what), "",
                                "application/" + std::string(level[1]) + "/device/" + eui + "/event/ack"};
    return d;
  }
  if (level[4] != "event") return decoded::rejected("not a ChirpStack topic");
  if (trimmed(in.payload).empty()) return decoded::ignored("empty payload");
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a ChirpStack event is an object");
  auto const said = text(member(member(&doc.root, "deviceInfo"), "devEui"));
  if (said && !equal_fold(*said, eui)) return decoded::rejected("devEui of topic and payload differ");

  auto d = decoded::of(message_kind::telemetry, eui);
  auto& e = d.elements.front();
  if (auto const* t = member(&doc.root, "time"); t && !t->is_null()) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;
  }
  // ChirpStack's own mark of one uplink heard by many gateways; the kind belongs to it.
  if (auto const id = text(member(&doc.root, "deduplicationId"))) e.identity = std::string(what) + "/" + std::string(*id);
  e.content = hash_of(in.payload);

  if (what == "up") return read_uplink(doc.root, std::move(d));
  if (what == "status") {
    d.kind = message_kind::status;
    if (auto const n = number(member(&doc.root, "batteryLevel")); n && truth(member(&doc.root, "batteryLevelUnavailable")) != true)
      e.readings.push_back({"battery_level", "", "%", *n});
    if (auto const b = truth(member(&doc.root, "externalPowerSource"))) e.readings.push_back({"external_power", "", "", *b});
    if (auto const n = number(member(&doc.root, "margin"))) e.readings.push_back({"snr", "margin", "dB", *n});
    if (e.readings.empty()) return decoded::ignored("a status without values", d.kind);
    return d;
  }
  if (what == "join") {
    d.kind = message_kind::status;
    e.online = true;
    e.readings.push_back({"online", "", "", true});
    return d;
  }
  if (what == "ack" || what == "txack") {
    d.kind = message_kind::command;
    auto const id = text(member(&doc.root, "queueItemId"));
    d.command = decoded_command{false, std::string(what), id ? std::string(*id) : "", ""};
    // A txack only says that the gateway has sent; the device's word is `acknowledged`.
    if (what == "ack") e.readings.push_back({"command_status", "", "", std::string(truth(member(&doc.root, "acknowledged")) == true ? "ok" : "failed")});
    return d;
  }
  if (what == "log" || what == "location" || what == "integration") return decoded::ignored("ChirpStack's " + std::string(what) + " is not kept");
  return decoded::rejected("unknown ChirpStack event \"" + std::string(what.substr(0, 64)) + "\"");
}

}  // namespace ioc::perceive
