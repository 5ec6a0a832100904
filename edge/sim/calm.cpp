#include "sim/calm.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>

namespace ioc::sim {
namespace json = boost::json;
namespace {

std::uint32_t number_of(std::string const& text) {
  std::uint32_t h = 2166136261u;
  for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}

// Between low and high, slowly to and fro, with the device's own phase; `places` decimals.
double wander(device const& d, int tick, double low, double high, int places, double salt = 0) {
  double const phase = number_of(d.unit + d.id) % 1000 / 159.155 + salt;
  double const wave = 0.7 * std::sin(tick * 0.05 + phase) + 0.3 * std::sin(tick * 0.31 + 2 * phase);
  double const scale = std::pow(10.0, places);
  return std::round((low + (high - low) * (wave + 1) / 2) * scale) / scale;
}

}  // namespace

std::vector<sample> calm_values(device const& d, int tick, double& counter) {
  auto const w = [&](double low, double high, int places, double salt = 0) { return wander(d, tick, low, high, places, salt); };
  if (d.type == "water_level_gauge") return {{"level", w(0.8, 1.2, 2)}};
  if (d.type == "weather_station")
    return {{"temperature", w(21, 27, 1)}, {"relative_humidity", w(62, 84, 1)}, {"air_pressure", w(1002, 1009, 1)}, {"wind_speed", w(0.2, 3.1, 1)},
            {"wind_direction", w(90, 160, 0)}, {"rainfall_total", 12.4}};
  if (d.type == "rain_gauge") return {{"rain_mm", 0}};
  if (d.type == "air_station") return {{"pm2_5", w(12, 28, 0)}, {"pm10", w(20, 44, 0)}, {"temp", w(22, 28, 1)}, {"relative_humidity", w(60, 80, 0)}};
  if (d.type == "power_meter" && d.speaks == dialect::shelly && d.native.find("pro3em") != std::string::npos) {
    double const l1 = w(900, 2100, 1), l2 = w(700, 1900, 1, 1), l3 = w(800, 1700, 1, 2);
    return {{"v_a", w(223, 229, 1)}, {"v_b", w(222, 228, 1, 1)}, {"v_c", w(224, 230, 1, 2)}, {"i_a", std::round(l1 / 2.2) / 100}, {"i_b", std::round(l2 / 2.2) / 100},
            {"i_c", std::round(l3 / 2.2) / 100}, {"active_power/L1", l1}, {"active_power/L2", l2}, {"active_power/L3", l3},
            {"active_power/total", std::round((l1 + l2 + l3) * 10) / 10}, {"frequency/L1", w(49.95, 50.05, 2)}};
  }
  if (d.type == "power_meter" && d.speaks == dialect::shelly) {
    counter += 0.004;
    return {{"active_power/0", w(340, 520, 1)}, {"voltage/0", w(223, 229, 1)}, {"energy_import/0", std::round((120 + counter) * 1000) / 1000}};
  }
  if (d.type == "power_meter") {
    counter += 0.001;
    return {{"active_power", w(60, 95, 1)}, {"voltage", w(223, 229, 0)}, {"current", w(0.28, 0.43, 2)}, {"energy_import", std::round((40 + counter) * 1000) / 1000}};
  }
  if (d.type == "thermometer") return {{"temperature", w(20, 26, 2)}, {"relative_humidity", w(48, 62, 2, 1)}};
  if (d.type == "smoke_detector") return {{"smoke", 0.1}};
  if (d.type == "camera") return {{"person_count", std::max(0.0, w(-1, 4, 0))}};
  if (d.type == "door" && d.speaks == dialect::chirpstack) return {{"door_open", 0}};
  return {};
}

calm_devices::calm_devices(std::map<std::string, device> const& known, scheduler& when, broker_link& out) : when_(when), out_(out) {
  for (auto const& [key, d] : known)
    if (d.calm) mouths_.emplace(key, member{encoder(d)});
}

void calm_devices::start(instant t0) {
  // Spread over the first ten seconds, so that they do not all speak at once for ever.
  for (auto const& [key, m] : mouths_) tick(key, t0 + std::chrono::milliseconds(number_of(key) % 10'000));
}

void calm_devices::tick(std::string const& key, instant due) {
  when_.at(due, [this, key](instant at) {
    auto& m = mouths_.at(key);
    auto const& d = m.mouth.of();
    auto const values = calm_values(d, m.ticks++, m.counter);
    if (values.empty()) {
      bool const contact = d.speaks == dialect::zigbee && d.type == "door";
      out_.publish(contact ? m.mouth.event("door_closed", to_ms(at)) : m.mouth.heartbeat(to_ms(at)));
      ++messages_;
    } else {
      for (auto const& one : m.mouth.samples(values, to_ms(at))) {
        out_.publish(one);
        ++messages_;
      }
      if (d.speaks == dialect::camera) {  // Frigate says apart from the counts that it gets a picture
        out_.publish(m.mouth.heartbeat(to_ms(at)));
        ++messages_;
      }
    }
    tick(key, at + std::chrono::milliseconds(10'000 + number_of(key) % 20'000));
  });
}

bool calm_devices::command(std::string const& unit, std::string const& target, std::string const& payload, instant at) {
  auto const it = mouths_.find(unit + "/" + target);
  if (it == mouths_.end()) return false;
  boost::system::error_code ec;
  auto const doc = json::parse(payload, ec);
  auto const* o = ec ? nullptr : doc.if_object();
  auto const* id = o && o->if_contains("id") ? o->at("id").if_string() : nullptr;
  auto const* name = o && o->if_contains("name") ? o->at("name").if_string() : nullptr;
  if (!id || !name) return true;
  auto const& can = it->second.mouth.of().commands;
  auto const say = [this, key = it->first, text = std::string(*id)](char const* state, char const* detail, instant when) {
    out_.publish(mouths_.at(key).mouth.ack(text, state, detail, to_ms(when)));
    ++messages_;
  };
  auto const* expires = o->if_contains("expires");
  if (expires && expires->is_number() && expires->to_number<double>() < static_cast<double>(to_ms(at))) {
    say("rejected", "expired", at);
  } else if (std::find(can.begin(), can.end(), std::string(*name)) == can.end()) {
    say("rejected", "unsupported", at);
  } else if (executed_[it->first + "/" + std::string(*id)]) {
    say("succeeded", "", at);
  } else {
    say("accepted", "", at);
    when_.at(at + std::chrono::seconds(1), [this, say, key = it->first + "/" + std::string(*id)](instant due) {
      executed_[key] = true;
      say("succeeded", "", due);
    });
  }
  return true;
}

}  // namespace ioc::sim
