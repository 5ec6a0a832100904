#include "perceive/decoders/opendtu/opendtu.hpp"

#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace {

struct field {
  std::string_view name;
  std::string_view metric;  // "" = known, not kept
  std::string_view unit;
  double divide = 1;
};
constexpr std::array fields{
    field{"power", "active_power", "W"},
    field{"voltage", "voltage", "V"},
    field{"current", "current", "A"},
    field{"frequency", "frequency", "Hz"},
    field{"reactivepower", "reactive_power", "var"},
    field{"powerfactor", "power_factor", "1"},
    field{"temperature", "device_temperature", "Cel"},
    field{"yieldday", "energy_today", "kW.h", 1000},  // Wh of the day, but kWh of the lifetime
    field{"yieldtotal", "energy_export", "kW.h"},
    field{"powerdc", "active_power", "W"},
    field{"efficiency", "", ""},
    field{"irradiation", "", ""},
    field{"name", "", ""},
    field{"is_valid", "", ""},
};

bool all_of(std::string_view s, char const* set) { return !s.empty() && s.find_first_not_of(set) == std::string_view::npos; }
bool is_serial(std::string_view s) { return s.size() >= 8 && all_of(s, "0123456789abcdefABCDEF"); }

decoded measurement(std::string native, std::string channel, std::string_view name, std::string_view payload, std::string_view topic) {
  auto const it = std::find_if(fields.begin(), fields.end(), [&](field const& f) { return f.name == name; });
  if (it == fields.end() || it->metric.empty()) return decoded::ignored("field " + cut(name, 64) + " is not kept");
  if (name == "powerdc") channel += "/dc";
  scalar_rule rule{it->metric, std::move(channel), it->unit, it->divide};
  // The documentation says per cent, the firmware sends 0..1.
  if (name == "powerfactor")
    if (auto const v = decimal(payload); v && (*v > 1 || *v < -1)) rule.divide = 100;
  return scalar_message(std::move(native), rule, payload, topic);
}

decoded inverter_status(std::string serial, std::string_view name, std::string_view payload) {
  if (name == "last_update" || name.starts_with("limit_") || name.starts_with("radio")) return decoded::ignored("status that is not kept", message_kind::status);
  auto const b = truth(payload);
  if (name == "reachable") {
    if (!b) return decoded::rejected("reachable is 0 or 1");
    return online_message(std::move(serial), *b, payload);
  }
  if (name == "producing") {
    if (!b) return decoded::rejected("producing is 0 or 1");
    auto d = decoded::of(message_kind::status, std::move(serial));
    d.elements.front().content = hash_of(payload, hash_of(name));
    add_text(d.elements.front(), "device_state", "", *b ? "producing" : "idle");
    return d;
  }
  return decoded::ignored("status that is not kept", message_kind::status);
}

decoded dtu(std::vector<std::string_view> const& rest, std::string_view payload) {
  if (rest.size() == 1 && rest[0] == "status") {
    bool const up = equal_fold(payload, "online");
    if (!up && !equal_fold(payload, "offline")) return decoded::rejected("status is online or offline");
    return online_message("dtu", up, payload);
  }
  auto const name = rest.back();
  scalar_rule rule{"", "", "", 1};
  if (name == "uptime") rule = {"uptime", "", "s", 1};
  else if (name == "rssi") rule = {"rssi", "", "dBm", 1};
  else if (name == "temperature") rule = {"device_temperature", "", "Cel", 1};
  else return decoded::ignored("a topic of the gateway that is not kept", message_kind::status);
  auto d = scalar_message(rest.size() == 2 ? std::string(rest[0]) : "dtu", rule, payload, name);
  if (d.outcome == decode_outcome::accept) d.kind = message_kind::status;
  return d;
}

decoded to_inverter(std::string const& at, std::string serial, std::string_view name, std::string_view payload, bool retain) {
  // The firmware obeys neither from a retained message: an old restart must not come back with every reconnect.
  if (retain && (name == "restart" || name.starts_with("limit_nonpersistent")))
    return decoded::ignored("a retained command that the inverter ignores by design", message_kind::command);
  std::string action(name), ack;
  if (name == "power") {
    auto const word = switch_action(payload);
    action = word ? *word : "switch_on";
    ack = at + "/status/producing";
  } else if (name.starts_with("limit_")) {
    ack = at + (name.ends_with("absolute") ? "/status/limit_absolute" : "/status/limit_relative");
  }
  return command_message(std::move(serial), std::move(action), std::move(ack));
}

}  // namespace

decoded decode_opendtu(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto const levels = topic_levels(in.topic);
  auto const n = levels.size();
  if (n < 3) return decoded::rejected("not a topic of OpenDTU");
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  auto const last = levels[n - 1], before = levels[n - 2];

  // The base may have any number of levels: the end of the topic tells what it is.
  if (before == "dtu") return dtu({last}, payload);
  if (n >= 4 && levels[n - 3] == "dtu") return dtu({before, last}, payload);
  if (before == "ac" || before == "dc") return measurement(joined(levels, 0, n - 2), std::string(before), last, payload, in.topic);
  if (n >= 4 && is_serial(levels[n - 3])) {
    std::string serial(levels[n - 3]);
    if (before == "status") return inverter_status(std::move(serial), last, payload);
    if (before == "cmd") return to_inverter(joined(levels, 0, n - 2), std::move(serial), last, payload, in.retain);
    if (before == "radio") {
      if (last == "rssi") return scalar_message(std::move(serial), {"rssi", "", "dBm", 1}, payload, in.topic);
      return decoded::ignored("a counter of the radio that is not kept", message_kind::status);
    }
    if (before == "device") {
      if (last != "fwbuildversion") return decoded::ignored("a property of the inverter that is not kept", message_kind::status);
      auto d = decoded::of(message_kind::status, std::move(serial));
      d.elements.front().content = hash_of(payload);
      add_text(d.elements.front(), "firmware_version", "", payload);
      return d;
    }
    if (all_of(before, "0123456789") && before.size() <= 2) return measurement(std::move(serial), std::string(before), last, payload, in.topic);
  }
  if (is_serial(before) && last == "name") {
    auto d = decoded::of(message_kind::status, std::string(before));
    if (valid_utf8(payload)) d.discovered.push_back({std::string(before), cut(payload, max_text), "Hoymiles", "", "", {}});
    return d;
  }
  return decoded::rejected("not a topic of OpenDTU");
}

}  // namespace ioc::perceive
