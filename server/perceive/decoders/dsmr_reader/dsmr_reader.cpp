#include "perceive/decoders/dsmr_reader/dsmr_reader.hpp"

#include "perceive/decoders/dsmr_reader/p1_telegram.hpp"
#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct row {
  std::string_view key;
  std::string_view metric;
  std::string_view channel;
  std::string_view unit;
  double times = 1;  // kW → W
};
constexpr std::array reading_rows{
    row{"electricity_delivered_1", "energy_import", "tariff1", "kW.h"},
    row{"electricity_delivered_2", "energy_import", "tariff2", "kW.h"},
    row{"electricity_returned_1", "energy_export", "tariff1", "kW.h"},
    row{"electricity_returned_2", "energy_export", "tariff2", "kW.h"},
    row{"electricity_currently_delivered", "active_power_import", "", "W", 1000},
    row{"electricity_currently_returned", "active_power_export", "", "W", 1000},
    row{"phase_currently_delivered_l1", "active_power_import", "L1", "W", 1000},
    row{"phase_currently_delivered_l2", "active_power_import", "L2", "W", 1000},
    row{"phase_currently_delivered_l3", "active_power_import", "L3", "W", 1000},
    row{"phase_currently_returned_l1", "active_power_export", "L1", "W", 1000},
    row{"phase_currently_returned_l2", "active_power_export", "L2", "W", 1000},
    row{"phase_currently_returned_l3", "active_power_export", "L3", "W", 1000},
    row{"phase_voltage_l1", "voltage", "L1", "V"},
    row{"phase_voltage_l2", "voltage", "L2", "V"},
    row{"phase_voltage_l3", "voltage", "L3", "V"},
    row{"phase_power_current_l1", "current", "L1", "A"},
    row{"phase_power_current_l2", "current", "L2", "A"},
    row{"phase_power_current_l3", "current", "L3", "A"},
    row{"extra_device_delivered", "meter_reading", "extra_device", "1"},  // gas mostly, but the message does not say so
};
constexpr std::array day_rows{
    row{"electricity1", "energy_today", "tariff1", "kW.h"},
    row{"electricity2", "energy_today", "tariff2", "kW.h"},
    row{"electricity_merged", "energy_today", "", "kW.h"},
};
constexpr std::array gas_rows{
    row{"delivered", "gas_volume", "", "m3"},
};

// An unused phase is reported as 0 V.
core::quality quality_of(row const& r, double v) { return r.metric == "voltage" && v == 0 ? core::quality::suspect : core::quality::good; }

template <class Rows>
row const* find(Rows const& rows, std::string_view key) {
  auto const it = std::find_if(rows.begin(), rows.end(), [&](row const& r) { return r.key == key; });
  return it == rows.end() ? nullptr : &*it;
}

template <class Rows>
decoded object(std::string base, Rows const& rows, std::string_view time_key, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("DSMR-reader sends an object here");
  auto d = decoded::of(message_kind::telemetry, std::move(base));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(in.topic));
  if (auto const* t = member(&doc.root, time_key); t && !is_missing(*t)) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;
  }
  std::size_t broken = 0;
  for (auto const& [key, v] : doc.root.get_object()) {
    auto const* r = find(rows, key);
    if (!r || is_missing(v)) continue;
    auto const n = scaled(&v, r->unit, 1, r->times);
    if (!n) {
      ++broken;
      continue;
    }
    add_number(e, r->metric, std::string(r->channel), r->unit, *n, quality_of(*r, *n));
    if (r->key == "extra_device_delivered")
      if (auto const* own = member(&doc.root, "extra_device_timestamp")) e.readings.back().t = instant(own, in.settings);
  }
  if (e.readings.empty()) return broken ? decoded::rejected("no field holds a decimal number") : decoded::ignored("no field that is kept has a value");
  return d;
}

template <class Rows>
decoded single(std::string base, Rows const& rows, std::string_view key, std::string_view payload, std::string_view topic) {
  auto const* r = find(rows, key);
  if (!r) return decoded::ignored("field " + cut(key, 64) + " is not kept");
  if (payload.size() > 1 && payload.front() == '"' && payload.back() == '"') payload = payload.substr(1, payload.size() - 2);
  auto d = scalar_message(std::move(base), {r->metric, std::string(r->channel), r->unit, 1 / r->times}, payload, topic);
  for (auto& e : d.elements)
    for (auto& reading : e.readings) reading.q = quality_of(*r, std::get<double>(reading.v));
  return d;
}

decoded raw(std::string base, std::string_view payload) {
  auto d = decoded::of(message_kind::telemetry, std::move(base));
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  if (!read_p1_telegram(payload, e)) return decoded::rejected("not a P1 telegram");
  if (e.readings.empty()) return decoded::ignored("a telegram without a value that is kept");
  return d;
}

}  // namespace

decoded decode_dsmr_reader(decode_input const& in) {
  static decoder_settings const defaults;
  std::string const base((in.settings ? *in.settings : defaults).word("base", "dsmr"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto const rest = in.topic.substr(base.size() + 1);
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "no value");
  auto const key = [&](std::string_view prefix) { return rest.substr(prefix.size()); };

  if (rest == "json") return object(base, reading_rows, "timestamp", in);
  if (rest == "raw") return raw(base, payload);
  if (rest.starts_with("reading/")) return single(base, reading_rows, key("reading/"), payload, in.topic);
  if (rest == "day-totals") return object(base, day_rows, "timestamp", in);
  for (std::string_view split : {"day-consumption/", "day-totals/"})  // the first is the default of DSMR-reader's split topics
    if (rest.starts_with(split)) return single(base, day_rows, key(split), payload, in.topic);
  if (rest == "consumption/gas/json") return object(base, gas_rows, "read_at", in);
  if (rest.starts_with("consumption/gas/")) return single(base, gas_rows, key("consumption/gas/"), payload, in.topic);
  for (std::string_view known : {"meter-stats", "current-month", "current-year", "current-period", "consumption"})
    if (rest.starts_with(known)) return decoded::ignored(std::string(known) + " is not kept");
  return decoded::rejected("not a topic of DSMR-reader");
}

}  // namespace ioc::perceive
