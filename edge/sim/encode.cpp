#include "sim/encode.hpp"

#include <boost/json.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace ioc::sim {
namespace json = boost::json;
namespace {

std::string date_time(std::int64_t ms) {
  auto const seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return text;
}

std::string fraction(std::int64_t ms) {
  char text[8];
  std::snprintf(text, sizeof text, ".%03d", static_cast<int>(ms % 1000));
  return text;
}

json::value number(double v) {
  if (v == std::trunc(v) && std::abs(v) < 1e15) return static_cast<std::int64_t>(v);
  return v;
}

// Shelly's name for an electrical quantity of a phase; null when it has none and the native format carries it.
char const* shelly_key(std::string const& metric) {
  static constexpr std::array<std::pair<char const*, char const*>, 11> keys{{{"v_a", "a_voltage"}, {"v_b", "b_voltage"}, {"v_c", "c_voltage"},
      {"i_a", "a_current"}, {"i_b", "b_current"}, {"i_c", "c_current"}, {"active_power/L1", "a_act_power"}, {"active_power/L2", "b_act_power"},
      {"active_power/L3", "c_act_power"}, {"active_power/total", "total_act_power"}, {"frequency/L1", "a_freq"}}};
  for (auto const& [name, key] : keys)
    if (metric == name) return key;
  return nullptr;
}

char const* chirpstack_key(std::string const& metric) {
  static constexpr std::array<std::pair<char const*, char const*>, 8> keys{{{"battery_level", "battery"}, {"temperature", "temperature"},
      {"relative_humidity", "humidity"}, {"air_pressure", "pressure"}, {"wind_speed", "wind_speed"}, {"wind_direction", "wind_direction"},
      {"rainfall_total", "rainfall_total"}, {"door_open", "DOOR_OPEN_STATUS"}}};
  for (auto const& [name, key] : keys)
    if (metric == name) return key;
  return nullptr;
}

char const* zigbee_key(std::string const& metric) {
  static constexpr std::array<std::pair<char const*, char const*>, 9> keys{{{"smoke", "smoke_density"}, {"temp", "temperature"}, {"temperature", "temperature"},
      {"relative_humidity", "humidity"}, {"co", "co"}, {"active_power", "power"}, {"voltage", "voltage"}, {"current", "current"}, {"energy_import", "energy"}}};
  for (auto const& [name, key] : keys)
    if (metric == name) return key;
  return nullptr;
}

bool in_dialect(device const& d, std::string const& metric) {
  switch (d.speaks) {
    case dialect::native: return false;
    case dialect::chirpstack: return (metric == "level" && d.calibration.count("mounting_height")) || chirpstack_key(metric);
    case dialect::shelly: return shelly_key(metric) != nullptr || metric == "active_power/0" || metric == "voltage/0" || metric == "energy_import/0";
    case dialect::zigbee: return zigbee_key(metric) != nullptr;
    case dialect::camera: return metric == "person_count";
  }
  return false;
}

// A name-based but constant id, so that the same story makes the same bytes.
std::string deduplication_id(std::string const& eui, std::uint32_t frame, std::int64_t ms) {
  auto const mix = [](std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  };
  std::uint64_t h = 1469598103934665603ULL;
  for (char c : eui) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::uint64_t const a = mix(h ^ frame), b = mix(a ^ static_cast<std::uint64_t>(ms));
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(a >> 32), static_cast<unsigned>(a >> 16) & 0xffffu,
                static_cast<unsigned>(a) & 0xfffu, (static_cast<unsigned>(b >> 48) & 0x3fffu) | 0x8000u, static_cast<unsigned long long>(b & 0xffffffffffffULL));
  return text;
}

}  // namespace

std::string iso_nanoseconds(std::int64_t ms) { return date_time(ms) + fraction(ms) + "000000+00:00"; }
std::string iso(std::int64_t ms) { return date_time(ms) + fraction(ms) + "Z"; }

std::string encoder::native_topic(char const* kind) const { return "ioc/v1/" + device_.unit + "/" + device_.id + "/" + kind; }
std::string encoder::bridged(std::string const& vendor_topic) const { return "ioc/raw/v1/" + device_.unit + "/" + gateway + "/" + vendor_topic; }

std::vector<message> encoder::samples(std::vector<sample> const& values, std::int64_t ms) {
  std::vector<sample> own, rest;
  for (auto const& s : values) (in_dialect(device_, s.metric) ? own : rest).push_back(s);
  std::vector<message> out;
  if (!own.empty()) {
    switch (device_.speaks) {
      case dialect::native: break;
      case dialect::chirpstack: out.push_back(uplink(own, ms)); break;
      case dialect::shelly: out.push_back(notify_status(own, ms)); break;
      case dialect::zigbee: out.push_back(zigbee(own, ms, std::nullopt)); break;
      case dialect::camera:  // Frigate publishes each count on a topic of its own, as plain text
        for (auto const& s : own) out.push_back({bridged("frigate/" + device_.native + "/person"), std::to_string(std::llround(s.value))});
        break;
    }
  }
  if (!rest.empty()) out.push_back(native(rest, ms));
  return out;
}

message encoder::native(std::vector<sample> const& values, std::int64_t ms) {
  json::object v;
  for (auto const& s : values) v[s.metric] = number(s.value);
  return {native_topic("telemetry"), json::serialize(json::object{{"ts", ms}, {"seq", ++seq_}, {"values", v}})};
}

message encoder::uplink(std::vector<sample> const& values, std::int64_t ms) {
  json::object object{{"battery", 96}};
  for (auto const& s : values) {
    if (s.metric == "level") object["distance"] = std::llround((device_.calibration.at("mounting_height") - s.value) * 1000);  // mm of air below the sensor
    else object[chirpstack_key(s.metric)] = number(s.value);
  }
  ++frames_;
  std::string const application = "17c82e96-be03-4f38-aef3-f83d48582d97";
  json::object const up{
      {"deduplicationId", deduplication_id(device_.native, frames_, ms)},
      {"time", iso_nanoseconds(ms)},
      {"deviceInfo", {{"tenantName", "IOC"}, {"applicationId", application}, {"applicationName", "IOC"}, {"deviceName", device_.id}, {"devEui", device_.native}}},
      {"devAddr", "00189440"},
      {"adr", true},
      {"dr", 5},
      {"fCnt", frames_},
      {"fPort", 85},
      {"confirmed", false},
      {"object", object},
      {"rxInfo", json::array{json::object{{"gatewayId", "0016c001f153a14c"}, {"rssi", -97}, {"snr", 7.2}}}},
      {"txInfo", {{"frequency", 921400000}}},
  };
  return {bridged("application/" + application + "/device/" + device_.native + "/event/up"), json::serialize(up)};
}

message encoder::notify_status(std::vector<sample> const& values, std::int64_t ms) {
  json::object em{{"id", 0}}, plug{{"id", 0}};
  bool single = false;
  for (auto const& s : values) {
    if (auto const* key = shelly_key(s.metric)) em[key] = number(s.value);
    else if (s.metric == "active_power/0") { single = true; plug["apower"] = number(s.value); }
    else if (s.metric == "voltage/0") { single = true; plug["voltage"] = number(s.value); }
    else if (s.metric == "energy_import/0") { single = true; plug["aenergy"] = json::object{{"total", number(s.value * 1000)}}; }
  }
  json::object params{{"ts", static_cast<double>(ms) / 1000}};
  if (em.size() > 1) params["em:0"] = em;
  if (single) params["switch:0"] = plug;
  json::object const body{{"src", device_.native}, {"dst", device_.native + "/events"}, {"method", "NotifyStatus"}, {"params", params}};
  return {bridged(device_.native + "/events/rpc"), json::serialize(body)};
}

message encoder::zigbee(std::vector<sample> const& values, std::int64_t ms, std::optional<bool> contact) {
  json::object o{{"battery", 97}, {"linkquality", 120}, {"last_seen", ms}};
  bool const mains = device_.type == "power_meter";
  if (mains) o.erase("battery");  // with a battery, voltage would be its millivolts
  for (auto const& s : values) {
    o[zigbee_key(s.metric)] = number(s.value);
    if (s.metric == "smoke") o["smoke"] = s.value >= 4;  // the detector's own alarm level
  }
  if (contact) o["contact"] = *contact;
  return {bridged("zigbee2mqtt/" + device_.native), json::serialize(o)};
}

message encoder::heartbeat(std::int64_t ms) {
  switch (device_.speaks) {
    case dialect::camera: return {bridged("frigate/" + device_.native + "/status/detect"), "online"};
    case dialect::zigbee: return zigbee({}, ms, std::nullopt);
    case dialect::shelly: {
      json::object const body{{"src", device_.native}, {"dst", device_.native + "/events"}, {"method", "NotifyStatus"},
                              {"params", {{"ts", static_cast<double>(ms) / 1000}, {"wifi", {{"rssi", -61}}}}}};
      return {bridged(device_.native + "/events/rpc"), json::serialize(body)};
    }
    case dialect::chirpstack: return uplink({}, ms);
    case dialect::native: break;
  }
  return {native_topic("status"), json::serialize(json::object{{"state", "online"}, {"ts", ms}}), true};
}

message encoder::event(std::string const& name, std::int64_t ms) {
  if (device_.speaks == dialect::zigbee && (name == "cabinet_opened" || name == "door_opened")) return zigbee({}, ms, false);
  if (device_.speaks == dialect::zigbee && (name == "cabinet_closed" || name == "door_closed")) return zigbee({}, ms, true);
  if (device_.speaks == dialect::camera && (name == "covered" || name == "uncovered")) {
    json::object const body{{"UtcTime", iso(ms)}, {"Source", {{"Source", "1"}}}, {"Data", {{"State", name == "covered"}}}};
    return {bridged(device_.native + "/onvif-ej/VideoSource/GlobalSceneChange/ImagingService/&1"), json::serialize(body), true};
  }
  return {native_topic("event"), json::serialize(json::object{{"ts", ms}, {"seq", ++seq_}, {"type", name}})};
}

message encoder::ack(std::string const& command_id, std::string const& state, std::string const& detail, std::int64_t ms) const {
  json::object o{{"id", command_id}, {"state", state}, {"ts", ms}};
  if (!detail.empty()) o["detail"] = detail;
  return {native_topic("ack"), json::serialize(o)};
}

}  // namespace ioc::sim
