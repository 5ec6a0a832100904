#include "perceive/decoders/ams_reader/ams_reader.hpp"

#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct row {
  std::string_view key;  // in JSON; for raw mode the end of the topic
  std::string_view metric;
  std::string_view channel;
  std::string_view unit;
};

constexpr std::array data_rows{
    row{"P", "active_power_import", "", "W"},            row{"PO", "active_power_export", "", "W"},
    row{"Q", "reactive_power_import", "", "var"},        row{"QO", "reactive_power_export", "", "var"},
    row{"P1", "active_power_import", "L1", "W"},         row{"P2", "active_power_import", "L2", "W"},
    row{"P3", "active_power_import", "L3", "W"},         row{"PO1", "active_power_export", "L1", "W"},
    row{"PO2", "active_power_export", "L2", "W"},        row{"PO3", "active_power_export", "L3", "W"},
    row{"I1", "current", "L1", "A"},                     row{"I2", "current", "L2", "A"},
    row{"I3", "current", "L3", "A"},                     row{"U1", "voltage", "L1", "V"},
    row{"U2", "voltage", "L2", "V"},                     row{"U3", "voltage", "L3", "V"},
    row{"PF", "power_factor", "", "1"},                  row{"PF1", "power_factor", "L1", "1"},
    row{"PF2", "power_factor", "L2", "1"},               row{"PF3", "power_factor", "L3", "1"},
    row{"tPI", "energy_import", "", "kW.h"},             row{"tPIT1", "energy_import", "tariff1", "kW.h"},
    row{"tPIT2", "energy_import", "tariff2", "kW.h"},    row{"tPI1", "energy_import", "L1", "kW.h"},
    row{"tPI2", "energy_import", "L2", "kW.h"},          row{"tPI3", "energy_import", "L3", "kW.h"},
    row{"tPO", "energy_export", "", "kW.h"},             row{"tPOT1", "energy_export", "tariff1", "kW.h"},
    row{"tPOT2", "energy_export", "tariff2", "kW.h"},    row{"tPO1", "energy_export", "L1", "kW.h"},
    row{"tPO2", "energy_export", "L2", "kW.h"},          row{"tPO3", "energy_export", "L3", "kW.h"},
    row{"tQI", "reactive_energy_import", "", "kvar.h"},  row{"tQO", "reactive_energy_export", "", "kvar.h"},
};
constexpr std::array raw_rows{
    row{"/meter/import/active", "active_power_import", "", "W"},
    row{"/meter/export/active", "active_power_export", "", "W"},
    row{"/meter/import/reactive", "reactive_power_import", "", "var"},
    row{"/meter/export/reactive", "reactive_power_export", "", "var"},
    row{"/meter/import/active/accumulated", "energy_import", "", "kW.h"},
    row{"/meter/export/active/accumulated", "energy_export", "", "kW.h"},
    row{"/meter/import/active/accumulated/tariff1", "energy_import", "tariff1", "kW.h"},
    row{"/meter/import/active/accumulated/tariff2", "energy_import", "tariff2", "kW.h"},
    row{"/meter/export/active/accumulated/tariff1", "energy_export", "tariff1", "kW.h"},
    row{"/meter/export/active/accumulated/tariff2", "energy_export", "tariff2", "kW.h"},
    row{"/meter/import/reactive/accumulated", "reactive_energy_import", "", "kvar.h"},
    row{"/meter/export/reactive/accumulated", "reactive_energy_export", "", "kvar.h"},
    row{"/meter/powerfactor", "power_factor", "", "1"},
    row{"/realtime/import/day", "energy_today", "", "kW.h"},
    row{"/uptime", "uptime", "", "s"},
    row{"/rssi", "rssi", "", "dBm"},
    row{"/temperature", "device_temperature", "", "Cel"},
};
// The same of one phase, behind "/meter/l1/" or "/meter/import/l1".
constexpr std::array phase_rows{
    row{"/meter/l?/current", "current", "", "A"},
    row{"/meter/l?/voltage", "voltage", "", "V"},
    row{"/meter/l?/powerfactor", "power_factor", "", "1"},
    row{"/meter/import/l?", "active_power_import", "", "W"},
    row{"/meter/export/l?", "active_power_export", "", "W"},
    row{"/meter/import/l?/accumulated", "energy_import", "", "kW.h"},
    row{"/meter/export/l?/accumulated", "energy_export", "", "kW.h"},
};
// Known and not kept; their values say nothing of the electricity.
constexpr std::array<std::string_view, 5> silent{"/meter/type", "/meter/clock", "/meter/dlms/timestamp", "/vcc", "/mem"};

// 0 V on a line that is in use cannot be: on IT nets the meter has no such voltage. A power factor of 0 is one that it does not measure.
core::quality quality_of(row const& r, double v) {
  if (v == 0 && (r.metric == "voltage" || r.metric == "power_factor")) return core::quality::suspect;
  if (r.metric == "device_temperature" && v <= -85) return core::quality::bad;  // −127: no sensor
  return core::quality::good;
}

std::string remembered(decode_input const& in, std::string const& key, std::string fallback) {
  if (in.memory)
    if (auto const* m = in.memory->find(key)) return *m;
  return fallback;
}

void read_data(json::value const& from, decoded_element& e) {
  for (auto const& r : data_rows)
    if (auto const v = measured(member(&from, r.key), r.unit)) add_number(e, r.metric, std::string(r.channel), r.unit, *v, quality_of(r, *v));
}

decoded json_message(std::string base, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("the AMS reader sends objects here");
  auto const* data = member(&doc.root, "data");
  auto const& from = data && data->is_object() ? *data : doc.root;
  auto const mac = text(member(&doc.root, "id"));
  std::string const key = "ams/" + (mac ? std::string(*mac) : base);
  std::string native;
  if (auto const meter = text(member(&from, "meterId")); meter && !meter->empty()) {
    native = *meter;
    if (in.memory && !(in.memory->put(key, native) && in.memory->put("ams/" + base, native))) return decoded::rejected("too many meters are remembered");
  } else {
    native = remembered(in, key, mac && !mac->empty() ? std::string(*mac) : base);
  }

  auto d = decoded::of(message_kind::telemetry, std::move(native));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  if (auto const* t = member(&doc.root, "t"); t && !t->is_null()) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;  // 0: the meter has not told the time yet
  }
  read_data(from, e);
  bool const electricity = !e.readings.empty();
  if (auto const* sensors = member(&doc.root, "temperatures"); sensors && sensors->is_object())
    for (auto const& [id, v] : sensors->get_object())
      if (auto const c = measured(&v, "Cel"); c && id.size() <= 64)
        add_number(e, "temperature", std::string(id), "Cel", *c, *c <= -85 ? core::quality::bad : core::quality::good);
  bool const measures = !e.readings.empty();
  auto const* today = member(member(&doc.root, "realtime"), "d");
  if (auto const v = measured(today ? today : member(&doc.root, "rt_d"), "kW.h")) add_number(e, "energy_today", "", "kW.h", *v);
  for (row const& r : {row{"rssi", "rssi", "", "dBm"}, row{"up", "uptime", "", "s"}, row{"temp", "device_temperature", "", "Cel"}})
    if (auto const v = measured(member(&doc.root, r.key), r.unit)) add_number(e, r.metric, "", r.unit, *v, quality_of(r, *v));
  if (auto const version = text(member(&doc.root, "version"))) add_text(e, "firmware_version", "", *version);
  if (e.readings.empty()) return decoded::ignored("a message without a value that is kept");
  if (!electricity && !measures) d.kind = message_kind::status;
  return d;
}

std::optional<row> raw_row(std::string_view topic, std::string& phase, std::size_t& length) {
  for (auto const& r : raw_rows)
    if (topic.ends_with(r.key)) {
      length = r.key.size();
      return r;
    }
  for (auto const& r : phase_rows) {
    auto const n = r.key.size();
    if (topic.size() < n) continue;
    auto const end = topic.substr(topic.size() - n);
    auto const at = r.key.find('?');
    if (end.substr(0, at) != r.key.substr(0, at) || end.substr(at + 1) != r.key.substr(at + 1) || end[at] < '1' || end[at] > '3') continue;
    phase = std::string("L") + end[at];
    length = n;
    return r;
  }
  return std::nullopt;
}

}  // namespace

decoded decode_ams_reader(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  auto topic = in.topic;
  if (payload.starts_with('{')) {
    for (std::string_view end : {"/list1", "/list2", "/list3", "/list4", "/temperatures", "/prices", "/system", "/realtime", "/power", "/energy", "/sensor"})
      if (topic.ends_with(end)) topic.remove_suffix(end.size());
    return json_message(std::string(topic), in);
  }
  auto const at = std::min({topic.find("/meter/"), topic.find("/realtime/"), topic.find("/price/")});
  std::string const base(topic.substr(0, at != std::string_view::npos ? at : topic.rfind('/') != std::string_view::npos ? topic.rfind('/') : topic.size()));

  if (topic.ends_with("/meter/id")) {
    if (!valid_utf8(payload) || payload.size() > max_text) return decoded::rejected("meter/id is a short text");
    if (in.memory && !in.memory->put("ams/" + base, std::string(payload))) return decoded::rejected("too many meters are remembered");
    return decoded::of(message_kind::status, std::string(payload));
  }
  std::string phase;
  std::size_t length = 0;
  if (auto const r = raw_row(topic, phase, length)) {
    auto d = scalar_message(remembered(in, "ams/" + base, base), {r->metric, phase.empty() ? std::string(r->channel) : phase, r->unit, 1}, payload, topic);
    for (auto& e : d.elements)
      for (auto& reading : e.readings) reading.q = quality_of(*r, std::get<double>(reading.v));
    return d;
  }
  if (auto const sensor = topic.rfind("/temperature/"); sensor != std::string_view::npos)
    return scalar_message(remembered(in, "ams/" + base.substr(0, base.rfind('/')), base.substr(0, base.rfind('/'))),
                          {"temperature", std::string(topic.substr(sensor + 13, 64)), "Cel", 1}, payload, topic);
  for (auto const end : silent)
    if (topic.ends_with(end)) return decoded::ignored("a topic that is not kept");
  if (at != std::string_view::npos || topic.ends_with("/id")) return decoded::ignored("a topic that is not kept");
  return decoded::rejected("the AMS reader sends objects here");
}

}  // namespace ioc::perceive
