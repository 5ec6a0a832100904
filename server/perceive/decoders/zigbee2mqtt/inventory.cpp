#include "perceive/decoders/zigbee2mqtt/inventory.hpp"

#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <set>
#include <string>
#include <utility>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// Exposes nest: a switch holds features, an endpoint repeats them.
void walk(json::value const& exposes, int depth, std::string& units, discovered_device& found, std::set<std::string, std::less<>>& properties) {
  if (!exposes.is_array() || depth > 4) return;
  for (auto const& one : exposes.get_array()) {
    if (auto const* features = member(&one, "features")) walk(*features, depth + 1, units, found, properties);
    auto const property = text(member(&one, "property"));
    if (!property || property->empty() || property->size() > 64 || found.metrics.size() > 200) continue;
    properties.emplace(*property);
    if (auto const unit = text(member(&one, "unit")); unit && unit->size() <= 16 && (*unit == "mV" || *unit == "V" || *unit == "°F" || *unit == "Wh" || *unit == "mA" || *unit == "kPa" || *unit == "kW" || *unit == "cm" || *unit == "ppb")) {
      units += std::string(*property) + "=" + std::string(ucum_of(*unit)) + ";";
    }
    auto const* q = quantity_named(*property);
    if (*property == "contact") found.metrics.push_back("door_open");
    else if (q) found.metrics.push_back(std::string(q->metric));
  }
}

// Our type where one property tells it; a thermometer is what measures the air and neither switches nor watches anything.
std::string type_of(std::set<std::string, std::less<>> const& properties) {
  static constexpr std::pair<std::string_view, char const*> telling[] = {{"water_leak", "leak_sensor"}, {"smoke", "smoke_detector"}, {"gas", "gas_detector"},
                                                                         {"contact", "door"}, {"soil_moisture", "soil_sensor"}};
  for (auto const& [property, type] : telling)
    if (properties.count(property)) return type;
  if (!properties.count("temperature")) return {};
  for (std::string_view const other : {"state", "occupancy", "presence", "vibration", "system_mode", "co2", "pm25", "voc", "power", "illuminance", "water_level"})
    if (properties.count(other)) return {};
  return "thermometer";
}

discovered_device describe(json::value const& device, std::string& units) {
  auto const* made = member(&device, "definition");
  auto const word = [](json::value const* v, std::string_view key) { return std::string(text(member(v, key)).value_or("")); };
  discovered_device found;
  found.native = word(&device, "friendly_name");
  found.name = word(made, "description");
  found.vendor = word(made, "vendor");
  found.model = word(made, "model");
  std::set<std::string, std::less<>> properties;
  if (auto const* exposes = member(made, "exposes")) walk(*exposes, 0, units, found, properties);
  found.type = type_of(properties);
  return found;
}

}  // namespace

std::string_view units_of(dialect_memory const* memory, std::string_view friendly_name) {
  if (!memory) return {};
  std::string key = "u:";
  key += friendly_name;
  auto const* kept = memory->find(key);
  return kept ? std::string_view(*kept) : std::string_view{};
}

std::string_view unit_in(std::string_view units, std::string_view property) {
  while (!units.empty()) {
    auto const end = units.find(';');
    auto const one = units.substr(0, end);
    if (one.starts_with(property) && one.size() > property.size() && one[property.size()] == '=') return one.substr(property.size() + 1);
    if (end == std::string_view::npos) return {};
    units.remove_prefix(end + 1);
  }
  return {};
}

decoded read_inventory(std::string const& name, std::string_view payload, dialect_memory* memory) {
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_array()) return decoded::rejected("the inventory is an array of devices");
  auto d = decoded::of(message_kind::status, name);
  d.elements.front().content = hash_of(payload);
  for (auto const& device : doc.root.get_array()) {
    if (text(member(&device, "type")) == std::optional<std::string_view>("Coordinator")) continue;
    std::string units;
    auto found = describe(device, units);
    if (found.native.empty() || found.native.size() > max_text || d.discovered.size() >= 10'000) continue;
    if (memory) {
      auto const key = "u:" + found.native;
      if (units.empty()) memory->erase(key);
      else if (!memory->put(key, units)) return decoded::rejected("too many devices to remember");
    }
    d.discovered.push_back(std::move(found));
  }
  return d;
}

decoded read_bridge_event(std::string const& name, std::string_view payload) {
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const type = text(member(&doc.root, "type"));
  auto const* data = member(&doc.root, "data");
  auto const device = text(member(data, "friendly_name"));
  if (!type || type->empty() || type->size() > max_text) return decoded::rejected("a bridge event names its type");
  auto d = decoded::of(message_kind::event, device && !device->empty() && device->size() <= max_text ? std::string(*device) : name);
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  e.events.push_back({std::string(*type), data ? json::serialize(*data) : ""});
  if (*type == "device_leave") e.online = false;
  if (*type == "device_announce" || *type == "device_joined") e.online = true;
  if (e.online) e.readings.push_back({"online", "", "", *e.online});
  if (*type == "device_interview" && text(member(data, "status")) == std::optional<std::string_view>("successful")) {
    std::string units;
    d.discovered.push_back(describe(*data, units));
  }
  return d;
}

decoded read_bridge_info(std::string const& name, std::string_view payload) {
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const version = text(member(&doc.root, "version"));
  if (!version || version->empty() || version->size() > max_text) return decoded::ignored("the bridge's info without a version", message_kind::status);
  auto d = decoded::of(message_kind::status, name);
  d.elements.front().content = hash_of(payload);
  d.elements.front().readings.push_back({"firmware_version", "", "", std::string(*version)});
  return d;
}

}  // namespace ioc::perceive
