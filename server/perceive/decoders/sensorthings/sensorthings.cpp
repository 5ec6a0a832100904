#include "perceive/decoders/sensorthings/sensorthings.hpp"

#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

std::string id_of(json::value const* v) {
  if (auto const s = text(v)) return s->size() <= 128 ? std::string(*s) : std::string();
  return v && v->is_number() ? json::serialize(*v) : std::string();
}

// "Datastreams('a')" → a; nothing when `level` is not this entity with an id.
std::optional<std::string> id_in(std::string_view level, std::string_view entity) {
  if (!level.starts_with(entity) || level.size() < entity.size() + 3 || level[entity.size()] != '(' || level.back() != ')') return std::nullopt;
  auto id = level.substr(entity.size() + 1, level.size() - entity.size() - 2);
  if (id.size() >= 2 && (id.front() == '\'' || id.front() == '"') && id.back() == id.front()) id = id.substr(1, id.size() - 2);
  if (id.empty() || id.size() > 128) return std::nullopt;
  return std::string(id);
}

struct property {
  std::string name, unit;
};

// What an entity says of its results: one property, or one for each column of a MultiDatastream.
std::vector<property> properties_of(json::value const& entity) {
  std::vector<property> out;
  auto const symbol = [](json::value const* unit) {
    for (auto const* key : {"symbol", "name"})
      if (auto const s = text(member(unit, key)); s && !s->empty() && *s != "null") return cut(*s, 32);
    return std::string();
  };
  auto const name_of = [](json::value const* p) { return std::string(text(member(p, "name")).value_or("").substr(0, 100)); };
  if (auto const* units = member(&entity, "unitOfMeasurements"); units && units->is_array()) {
    auto const* names = member(&entity, "ObservedProperties");
    for (std::size_t i = 0; i < units->get_array().size() && i < 100; ++i) {
      property p{"", symbol(&units->get_array()[i])};
      if (names && names->is_array() && i < names->get_array().size()) p.name = name_of(&names->get_array()[i]);
      out.push_back(std::move(p));
    }
    return out;
  }
  auto const* unit = member(&entity, "unitOfMeasurement");
  auto name = name_of(member(&entity, "ObservedProperty"));
  if (name.empty() || !quantity_within(name))
    if (auto own = name_of(&entity); quantity_within(own)) name = std::move(own);
  if (unit || !name.empty()) out.push_back({std::move(name), symbol(unit)});
  return out;
}

std::string saved(std::vector<property> const& all) {
  json::array out;
  for (auto const& p : all) out.push_back(json::array({json::value(p.name), json::value(p.unit)}));
  return json::serialize(out);
}

std::vector<property> restored(std::string const* text_of) {
  std::vector<property> out;
  if (!text_of) return out;
  json_text const doc(*text_of);
  if (!doc.ok() || !doc.root.is_array()) return out;
  for (auto const& p : doc.root.get_array())
    if (p.is_array() && p.get_array().size() == 2) out.push_back({std::string(text(&p.get_array()[0]).value_or("")), std::string(text(&p.get_array()[1]).value_or(""))});
  return out;
}

void read_result(json::value const& v, property const* p, std::string const& channel, core::quality q, decoder_settings const* settings, decoded_element& e) {
  if (is_missing(v)) return;
  auto const add = [&](std::string_view metric, std::string_view unit, core::value value) { e.readings.push_back({std::string(metric), channel, std::string(unit), std::move(value), q}); };
  if (v.is_object()) {
    for (auto const& [key, inner] : v.get_object()) read_named(key, inner, channel, settings, e);
    return;
  }
  if (p) {
    auto const ucum = ucum_of(p->unit);
    auto const* known = quantity_within(p->name);
    if (known && known->as == value_form::number && !p->unit.empty() && !convert(1, ucum, known->unit)) known = nullptr;
    if (!known) known = quantity_of_unit(p->unit);
    if (!known && ucum == "m") known = quantity_named("distance");
    if (known)
      if (auto value = value_of(*known, v, known->as == value_form::number ? ucum : std::string_view{})) return add(known->metric, known->unit, std::move(*value));
  }
  if (v.is_bool()) add("digital_input", "", v.get_bool());
  else if (auto const n = number(&v)) add("raw_value", "1", *n);
  else if (auto const s = text(&v); s && s->size() <= max_text) add("label", "", std::string(*s));
}

// An instant, or "begin/end": what was measured over a time is known at its end.
void read_time(json::value const& root, decoder_settings const* settings, decoded_element& e) {
  for (auto const* key : {"phenomenonTime", "resultTime"}) {
    auto const s = text(member(&root, key));
    if (!s || s->empty()) continue;
    auto const slash = s->rfind('/');
    json::value const one(json::string_view(s->data(), s->size()).substr(slash == std::string_view::npos ? 0 : slash + 1));
    e.t = instant(&one, settings);
    e.time_refused = !e.t;
    if (e.t) return;
  }
}

decoded read_observation(json::value const& root, std::string native, std::string const& id, std::vector<property> const& known, decode_input const& in) {
  auto d = decoded::of(message_kind::telemetry, std::move(native));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  read_time(root, in.settings, e);
  auto const* result = member(&root, "result");
  if (!result) return decoded::rejected("an Observation without a result");
  auto quality = core::quality::good;
  if (auto const word = text(member(&root, "resultQuality"))) {
    if (equal_fold(*word, "bad") || equal_fold(*word, "invalid") || equal_fold(*word, "erroneous")) quality = core::quality::bad;
    else if (equal_fold(*word, "suspect") || equal_fold(*word, "questionable") || equal_fold(*word, "uncertain")) quality = core::quality::suspect;
  }
  if (result->is_array()) {
    std::size_t i = 0;
    for (auto const& v : result->get_array()) {
      if (i >= 100) break;
      auto const* p = i < known.size() ? &known[i] : nullptr;
      ++i;
      // Columns of known names need no number: a column that has no name has its place.
      auto const channel = p && !p->name.empty() ? id + "/" + p->name : id + "/" + std::to_string(i);
      read_result(v, p, channel, quality, in.settings, e);
    }
  } else {
    read_result(*result, known.empty() ? nullptr : &known.front(), id, quality, in.settings, e);
  }
  if (e.readings.empty()) return decoded::ignored("an Observation without a value");
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  return d;
}

}  // namespace

decoded decode_sensorthings(decode_input const& in) {
  auto topic = in.topic;
  if (auto const query = topic.find('?'); query != std::string_view::npos) topic = topic.substr(0, query);
  auto level = topic_levels(topic);
  static constexpr std::array<std::string_view, 8> others{"Things", "Locations", "HistoricalLocations", "Sensors", "ObservedProperties", "FeaturesOfInterest", "Datastreams", "MultiDatastreams"};
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("empty payload");

  // The last (Multi)Datastream with an id in the topic, and what is asked of it.
  std::string native, id;
  std::string_view what;
  for (std::size_t i = 0; i < level.size(); ++i) {
    for (std::string_view entity : {"Datastreams", "MultiDatastreams"})
      if (auto found = id_in(level[i], entity)) {
        id = *found;
        native = std::string(entity) + "(" + id + ")";
        what = i + 1 < level.size() ? level[i + 1] : std::string_view{};
      }
  }
  json_text const doc(payload);
  bool const observation = !native.empty() ? what == "Observations" : (level.back() == "Observations" || level.back().starts_with("Observations("));
  if (observation) {
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("an Observation is an object");
    std::vector<property> known;
    for (auto const& [key, entity] : {std::pair<std::string_view, std::string_view>{"Datastream", "Datastreams"}, {"MultiDatastream", "MultiDatastreams"}}) {
      auto const* inside = member(&doc.root, key);
      if (!inside) continue;
      if (auto const own = id_of(member(inside, "@iot.id")); !own.empty() && native.empty()) {
        id = own;
        native = std::string(entity) + "(" + id + ")";
      }
      known = properties_of(*inside);
    }
    if (native.empty()) return decoded::rejected("an Observation that names no Datastream");
    if (known.empty() && in.memory) known = restored(in.memory->find(native));
    return read_observation(doc.root, std::move(native), id, known, in);
  }
  bool const entity_topic = (!native.empty() && what.empty()) || (native.empty() && (level.back() == "Datastreams" || level.back() == "MultiDatastreams"));
  if (entity_topic) {
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("a Datastream is an object");
    if (native.empty()) {
      id = id_of(member(&doc.root, "@iot.id"));
      if (id.empty()) return decoded::rejected("a Datastream without @iot.id");
      native = std::string(level.back()) + "(" + id + ")";
    }
    auto const said = properties_of(doc.root);
    if (!said.empty() && in.memory && !in.memory->put(native, saved(said))) return decoded::rejected("too many Datastreams to remember");
    auto d = decoded::of(message_kind::status, native);
    d.elements.front().content = hash_of(payload);
    discovered_device found{native, std::string(text(member(&doc.root, "name")).value_or("")), "", "", "", {}};
    for (auto const& p : said)
      if (auto const* q = quantity_within(p.name)) found.metrics.push_back(std::string(q->metric) + "/" + id);
    d.discovered.push_back(std::move(found));
    return d;
  }
  if (!native.empty() && in.memory && what == "ObservedProperty" && doc.ok() && doc.root.is_object()) {
    auto said = restored(in.memory->find(native));
    if (said.empty()) said.push_back({});
    said.front().name = std::string(text(member(&doc.root, "name")).value_or("").substr(0, 100));
    if (!in.memory->put(native, saved(said))) return decoded::rejected("too many Datastreams to remember");
    return decoded::ignored("what a Datastream observes", message_kind::status);
  }
  auto const named = [&](std::string_view l) {
    return std::any_of(others.begin(), others.end(), [&](auto o) { return l == o || (l.starts_with(o) && l.substr(o.size()).starts_with("(")); });
  };
  if (std::any_of(level.begin(), level.end(), named)) {
    if (!doc.ok()) return decoded::rejected(doc.problem);
    return decoded::ignored("an entity that holds no result", message_kind::status);
  }
  return decoded::rejected("not a topic of SensorThings");
}

}  // namespace ioc::perceive
