#include "perceive/decoders/ha_discovery/ha_config.hpp"

#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// Home Assistant's short keys, as far as they are read here; a device's own short keys beside.
struct short_key {
  std::string_view shorter, longer;
};
constexpr std::array short_keys{
    short_key{"stat_t", "state_topic"}, short_key{"cmd_t", "command_topic"}, short_key{"val_tpl", "value_template"}, short_key{"stat_val_tpl", "state_value_template"}, short_key{"stat_tpl", "state_template"}, short_key{"unit_of_meas", "unit_of_measurement"},
    short_key{"dev_cla", "device_class"}, short_key{"uniq_id", "unique_id"}, short_key{"obj_id", "object_id"}, short_key{"def_ent_id", "default_entity_id"}, short_key{"dev", "device"}, short_key{"o", "origin"}, short_key{"cmps", "components"}, short_key{"p", "platform"},
    short_key{"avty", "availability"}, short_key{"avty_t", "availability_topic"}, short_key{"avty_tpl", "availability_template"}, short_key{"pl_avail", "payload_available"}, short_key{"pl_not_avail", "payload_not_available"}, short_key{"t", "topic"},
    short_key{"pl_on", "payload_on"}, short_key{"pl_off", "payload_off"}, short_key{"pl", "payload"}, short_key{"curr_temp_t", "current_temperature_topic"}, short_key{"curr_temp_tpl", "current_temperature_template"}, short_key{"curr_hum_t", "current_humidity_topic"}, short_key{"curr_hum_tpl", "current_humidity_template"},
    short_key{"mode_stat_t", "mode_state_topic"}, short_key{"mode_stat_tpl", "mode_state_template"}, short_key{"pos_t", "position_topic"}, short_key{"pos_tpl", "position_template"}, short_key{"stat_on", "state_on"}, short_key{"stat_off", "state_off"}, short_key{"stat_open", "state_open"}, short_key{"stat_clsd", "state_closed"},
    short_key{"temp_unit", "temperature_unit"}, short_key{"l_ver_t", "latest_version_topic"}, short_key{"json_attr_t", "json_attributes_topic"}, short_key{"stype", "subtype"}, short_key{"atype", "automation_type"},
    short_key{"ids", "identifiers"}, short_key{"cns", "connections"}, short_key{"mf", "manufacturer"}, short_key{"mdl", "model"}, short_key{"sw", "sw_version"}, short_key{"hw", "hw_version"}, short_key{"sn", "serial_number"},
};

// Member by its long name or its short one.
json::value const* get(json::value const* o, std::string_view longer) {
  if (auto const* v = member(o, longer)) return v;
  for (auto const& k : short_keys)
    if (k.longer == longer)
      if (auto const* v = member(o, k.shorter)) return v;
  return nullptr;
}

std::string word(json::value const* v) {
  if (auto const s = text(v)) return s->size() <= 1024 ? std::string(*s) : std::string();
  return v && (v->is_number() || v->is_bool()) ? json::serialize(*v) : std::string();
}

// A template keeps one byte more than may be evaluated: one that is too long is refused, never taken for none.
std::string template_of(json::value const* v) { return cut(text(v).value_or(""), 1025); }

// "~/state" with the base topic put in.
std::string topic_of(json::value const* v, std::string const& base) {
  auto t = word(v);
  if (base.empty() || t.empty()) return t;
  if (t.starts_with('~')) return base + t.substr(1);
  if (t.ends_with('~')) return t.substr(0, t.size() - 1) + base;
  return t;
}

std::string native_of(json::value const* device) {
  auto const* ids = get(device, "identifiers");
  if (ids && ids->is_array() && !ids->get_array().empty()) ids = &ids->get_array().front();
  if (auto id = word(ids); !id.empty()) return id;
  auto const* ways = get(device, "connections");
  if (ways && ways->is_array() && !ways->get_array().empty()) {
    auto const& first = ways->get_array().front();
    if (first.is_array() && first.get_array().size() == 2) return word(&first.get_array()[1]);
  }
  return {};
}

json::array packed(ha_binding const& b) {
  return {json::value(b.config), json::value(b.role), json::value(b.native), json::value(b.platform), json::value(b.key), json::value(b.metric), json::value(b.channel), json::value(b.unit), json::value(b.said),
          json::value(b.form), json::value(b.inverted), json::value(b.pattern), json::value(b.on), json::value(b.off), json::value(b.state_topic)};
}

json::array list_of(dialect_memory const& memory, std::string_view key) {
  auto const* kept = memory.find(key);
  if (!kept) return {};
  json_text const doc(*kept);
  return doc.ok() && doc.root.is_array() ? json::array(doc.root.get_array(), json::storage_ptr()) : json::array();
}

bool put_list(dialect_memory& memory, std::string const& key, json::array const& list) {
  if (list.empty()) {
    memory.erase(key);
    return true;
  }
  return memory.put(key, json::serialize(list));
}

// All that a config topic has said before is taken back.
void forget(dialect_memory& memory, std::string const& config) {
  for (auto const& topic : list_of(memory, "c:" + config)) {
    std::string const key(topic.is_string() ? std::string_view(topic.get_string()) : std::string_view{});
    auto list = list_of(memory, key);
    std::size_t kept = 0;
    for (auto& b : list) {
      bool const mine = b.is_array() && !b.get_array().empty() && b.get_array().front().is_string() && b.get_array().front().get_string() == config;
      if (mine) {
        auto const& a = b.get_array();
        if (a.size() == 15) {
          auto const name = "d:" + word(&a[2]) + "\n" + word(&a[5]) + (word(&a[6]).empty() ? "" : "/" + word(&a[6]));
          if (auto const* owner = memory.find(name); owner && *owner == config) memory.erase(name);
        }
        continue;
      }
      if (&list[kept] != &b) list[kept] = std::move(b);
      ++kept;
    }
    list.resize(kept);
    put_list(memory, key, list);
  }
  memory.erase("c:" + config);
}

// What the entity measures, by its class, its unit, its names, in this order.
void find_meaning(json::value const* entity, std::string const& names, ha_binding& b) {
  auto const device_class = word(get(entity, "device_class"));
  auto const unit = word(get(entity, "unit_of_measurement"));
  quantity const* q = nullptr;
  auto const& p = b.platform;
  if (p == "binary_sensor") {
    q = quantity_of_binary_class(device_class);
    if (!q && device_class.empty()) q = quantity_within(names);
    if (q && q->as != value_form::truth) q = nullptr;
  } else if (p == "sensor" || p == "number") {
    q = quantity_of_class(device_class);
    if (!q && device_class.empty()) q = quantity_within(names);
    auto const fits = [&](quantity const* c) { return c && c->as == value_form::number && (unit.empty() || convert(1, ucum_of(unit), c->unit)); };
    if (!fits(q)) q = fits(quantity_of_unit(unit)) ? quantity_of_unit(unit) : nullptr;
    // "battery" in volts is the cell's voltage; quantity_of_unit alone would call it the mains'.
    if (q && q->metric == "voltage" && (device_class == "battery" || names.find("batt") != std::string::npos)) q = quantity_named("battery_voltage");
  } else if (p == "switch" || p == "light" || p == "fan" || p == "input_boolean") {
    q = quantity_named("switch_state");
  } else if (p == "siren") {
    q = quantity_named("siren");
  } else if (p == "cover" || p == "valve") {
    q = quantity_named("door_open");
  } else if (p == "alarm_control_panel") {
    q = quantity_named("alarm");
  }
  if (q) {
    b.metric = q->metric;
    b.channel = q->channel;
    b.unit = q->unit;
    b.said = q->as == value_form::number ? unit.empty() ? std::string(q->said) : std::string(ucum_of(unit)) : std::string();
    b.form = static_cast<int>(q->as);
    return;
  }
  bool const truthful = p == "binary_sensor";
  bool const number_like = (p == "sensor" || p == "number") && (!unit.empty() || !word(get(entity, "state_class")).empty());
  b.metric = truthful ? "digital_input" : number_like ? "raw_value" : p == "lock" || p == "climate" || p == "vacuum" ? "device_state" : "label";
  b.channel = b.key;
  b.unit = number_like ? "1" : "";
  b.said = b.unit;
  b.form = static_cast<int>(truthful ? value_form::truth : number_like ? value_form::number : value_form::word);
}

struct collected {
  std::vector<std::pair<std::string, ha_binding>> bindings;  // topic, what it carries
  discovered_device device;
};

void read_availability(json::value const* at, std::string const& base, ha_binding const& like, collected& out) {
  auto const add = [&](std::string topic, std::string pattern, json::value const* holder) {
    if (topic.empty()) return;
    ha_binding b;
    b.config = like.config;
    b.role = "availability";
    b.native = like.native;
    b.pattern = std::move(pattern);
    b.on = word(get(holder, "payload_available"));
    b.off = word(get(holder, "payload_not_available"));
    if (b.on.empty()) b.on = "online";
    if (b.off.empty()) b.off = "offline";
    for (auto const& [known, binding] : out.bindings)
      if (known == topic && binding.role == b.role && binding.native == b.native) return;
    out.bindings.emplace_back(std::move(topic), std::move(b));
  };
  add(topic_of(get(at, "availability_topic"), base), template_of(get(at, "availability_template")), at);
  auto const* list = get(at, "availability");
  if (list && list->is_object()) add(topic_of(get(list, "topic"), base), template_of(get(list, "value_template")), list);
  if (list && list->is_array())
    for (auto const& one : list->get_array()) add(topic_of(get(&one, "topic"), base), template_of(get(&one, "value_template")), &one);
}

// One entity; `shared` is the message around it (a device's components take state_topic and the like from there).
void read_entity(json::value const* entity, json::value const* shared, std::string const& base, ha_binding b, collected& out) {
  auto const find = [&](std::string_view key) {
    auto const* v = get(entity, key);
    return v || !shared ? v : get(shared, key);
  };
  auto const pattern = [&](std::initializer_list<std::string_view> keys) {
    for (auto key : keys)
      if (auto w = template_of(get(entity, key)); !w.empty()) return w;
    return std::string();
  };
  b.on = word(get(entity, "payload_on"));
  b.off = word(get(entity, "payload_off"));
  auto const state = topic_of(find("state_topic"), base);
  auto const names = b.key + " " + word(get(entity, "name")) + " " + word(get(entity, "object_id")) + " " + word(get(entity, "value_template"));
  find_meaning(entity, names, b);
  // Two quantities of the same kind in one device are told apart by the entity's name, the first keeps the short one.
  auto const taken = [&](std::string const& channel) {
    return std::any_of(out.bindings.begin(), out.bindings.end(), [&](auto const& known) { return known.second.role == "state" && known.second.native == b.native && known.second.metric == b.metric && known.second.channel == channel; });
  };
  if (taken(b.channel)) b.channel = b.key;
  if (b.platform == "climate" || b.platform == "humidifier" || b.platform == "water_heater") {
    for (auto const& [topic_key, template_key, name] : {std::tuple{"current_temperature_topic", "current_temperature_template", "temperature"}, std::tuple{"current_humidity_topic", "current_humidity_template", "humidity"}}) {
      auto const topic = topic_of(get(entity, topic_key), base);
      if (topic.empty()) continue;
      auto const* q = quantity_named(name);
      auto m = b;
      m.role = "state";
      m.metric = q->metric;
      m.channel.clear();
      m.unit = q->unit;
      m.said = word(get(entity, "temperature_unit")) == "F" && q->unit == "Cel" ? "[degF]" : std::string(q->said);
      m.form = static_cast<int>(value_form::number);
      m.pattern = template_of(get(entity, template_key));
      if (m.native.size()) out.device.metrics.push_back(m.metric);
      out.bindings.emplace_back(topic, std::move(m));
    }
  }
  auto const mode = topic_of(get(entity, "mode_state_topic"), base);
  if (b.platform == "climate" && !mode.empty()) {
    auto m = b;
    m.role = "state";
    m.pattern = template_of(get(entity, "mode_state_template"));
    out.bindings.emplace_back(mode, std::move(m));
  }
  if (!state.empty() && b.platform != "camera" && b.platform != "image") {
    auto m = b;
    m.role = b.platform == "event" ? "event" : b.platform == "update" ? "update" : "state";
    m.pattern = pattern({"value_template", "state_value_template", "state_template"});
    if (word(get(entity, "schema")) == "json" && m.pattern.empty()) m.pattern = "{{ value_json.state }}";
    if (m.on.empty()) m.on = word(get(entity, "state_on"));
    if (m.off.empty()) m.off = word(get(entity, "state_off"));
    if (m.role == "state") out.device.metrics.push_back(m.channel.empty() ? m.metric : m.metric + "/" + m.channel);
    out.bindings.emplace_back(state, std::move(m));
  }
  if (auto const position = topic_of(get(entity, "position_topic"), base); !position.empty()) {
    auto m = b;
    m.role = "state";
    m.metric = "gate_position";
    m.unit = m.said = "%";
    m.form = static_cast<int>(value_form::number);
    m.pattern = template_of(get(entity, "position_template"));
    out.bindings.emplace_back(position, std::move(m));
  }
  if (auto const topic = topic_of(get(entity, "command_topic"), base); !topic.empty()) {
    auto m = b;
    m.role = "command";
    m.state_topic = state;
    out.bindings.emplace_back(topic, std::move(m));
  }
  if (auto const topic = topic_of(get(entity, "topic"), base); !topic.empty() && (b.platform == "device_automation" || b.platform == "tag" || b.platform == "trigger")) {
    auto m = b;
    m.role = "trigger";
    m.on = word(get(entity, "payload"));
    m.key = word(get(entity, "type")) + (word(get(entity, "subtype")).empty() ? "" : "_" + word(get(entity, "subtype")));
    out.bindings.emplace_back(topic, std::move(m));
  }
  read_availability(entity, base, b, out);
}

}  // namespace

std::vector<ha_binding> ha_bindings(dialect_memory const& memory, std::string_view topic) {
  std::vector<ha_binding> out;
  for (auto const& one : list_of(memory, "t:" + std::string(topic))) {
    if (!one.is_array() || one.get_array().size() != 15) continue;
    auto const& a = one.get_array();
    ha_binding b;
    std::array<std::string*, 9> const first{&b.config, &b.role, &b.native, &b.platform, &b.key, &b.metric, &b.channel, &b.unit, &b.said};
    for (std::size_t i = 0; i < first.size(); ++i) *first[i] = word(&a[i]);
    b.form = static_cast<int>(number(&a[9]).value_or(0));
    b.inverted = truth(&a[10]) == true;
    b.pattern = template_of(&a[11]);
    b.on = word(&a[12]);
    b.off = word(&a[13]);
    b.state_topic = word(&a[14]);
    out.push_back(std::move(b));
  }
  return out;
}

decoded read_ha_config(std::string_view topic, std::string_view prefix, decode_input const& in) {
  // {prefix}/{component}/[{node}/]{object}/config
  auto const level = topic_levels(topic.substr(prefix.size() + 1));
  if (level.size() < 3 || level.size() > 4 || level.back() != "config" || level.front().empty()) return decoded::rejected("a discovery topic is component/[node/]object/config");
  std::string const config(topic);
  if (trimmed(in.payload).empty()) {
    if (in.memory) forget(*in.memory, config);
    return decoded::ignored("a discovered entity is removed", message_kind::status);
  }
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a discovery message is an object");
  auto const* device = get(&doc.root, "device");
  auto const base = word(member(&doc.root, "~"));
  collected all;
  ha_binding like;
  like.config = config;
  like.native = native_of(device);
  std::string const object(level[level.size() - 2]);
  if (like.native.empty()) like.native = level.size() == 4 ? std::string(level[1]) : word(get(&doc.root, "unique_id"));
  if (like.native.empty()) like.native = object;
  if (like.native.size() > max_text) return decoded::rejected("the device's identifier has more than 256 bytes");
  all.device = {like.native, word(get(device, "name")), word(get(device, "manufacturer")), word(get(device, "model")), "", {}};

  if (level.front() == "device") {
    auto const* components = get(&doc.root, "components");
    if (!components || !components->is_object()) return decoded::rejected("device discovery without components");
    read_availability(&doc.root, base, like, all);
    std::size_t entities = 0;
    for (auto const& [key, entity] : components->get_object()) {
      if (++entities > 500) return decoded::rejected("more than 500 components");
      like.platform = word(get(&entity, "platform"));
      like.key = cut(key, 64);
      if (!like.platform.empty() && entity.get_object().size() > 1) read_entity(&entity, &doc.root, base, like, all);
    }
  } else {
    like.platform = std::string(level.front());
    like.key = cut(object, 64);
    if (in.memory) {  // entities of one device come one by one: names that others of it have taken
      for (auto const& [key, kept] : std::map<std::string, std::string, std::less<>>(in.memory->all().lower_bound("d:" + like.native + "\n"), in.memory->all().upper_bound("d:" + like.native + "\n\x7f"))) {
        ha_binding other;
        if (kept == config) continue;
        auto const name = std::string_view(key).substr(like.native.size() + 3);
        auto const slash = name.find('/');
        other.role = "state";
        other.native = like.native;
        other.metric = std::string(name.substr(0, slash));
        other.channel = slash == std::string_view::npos ? "" : std::string(name.substr(slash + 1));
        all.bindings.emplace_back("", std::move(other));
      }
    }
    read_entity(&doc.root, nullptr, base, like, all);
    std::erase_if(all.bindings, [](auto const& b) { return b.first.empty(); });
  }

  if (in.memory) {
    forget(*in.memory, config);
    json::array topics;
    for (auto const& [at, b] : all.bindings) {
      auto list = list_of(*in.memory, "t:" + at);
      if (list.size() >= 500) return decoded::rejected("more than 500 entities on one topic");
      list.push_back(packed(b));
      topics.push_back(json::value("t:" + at));
      bool kept = put_list(*in.memory, "t:" + at, list);
      if (b.role == "state" && !in.memory->find("d:" + b.native + "\n" + (b.channel.empty() ? b.metric : b.metric + "/" + b.channel)))
        kept = kept && in.memory->put("d:" + b.native + "\n" + (b.channel.empty() ? b.metric : b.metric + "/" + b.channel), config);
      if (!kept) return decoded::rejected("too many discovered entities to remember");
    }
    if (!put_list(*in.memory, "c:" + config, topics)) return decoded::rejected("too many discovered entities to remember");
  }
  auto d = decoded::of(message_kind::status, like.native);
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(topic));
  if (auto version = word(get(device, "sw_version")); !version.empty() && version.size() <= max_text) e.readings.push_back({"firmware_version", "", "", std::move(version)});
  d.discovered.push_back(std::move(all.device));
  return d;
}

}  // namespace ioc::perceive
