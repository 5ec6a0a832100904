#include "perceive/decoders/onvif_metadata/onvif_metadata.hpp"

#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr std::size_t max_frames = 1000;
constexpr std::size_t max_classes = 64;

// An element that may repeat stands alone or as an array.
template <class F>
void each(json::value const* v, F&& f) {
  if (!v || v->is_null()) return;
  if (!v->is_array()) return f(*v);
  for (auto const& one : v->get_array()) f(one);
}

struct quantity {
  std::string_view type, metric, unit;
};
constexpr std::array quantities{
    quantity{"Temperature", "temperature", "Cel"},
    quantity{"RelativeHumidity", "relative_humidity", "%"},
    quantity{"AbsoluteHumidity", "absolute_humidity", "g/m3"},
};

decoded sensor(json::value const& root, std::string_view type, std::string device, decode_input const& in) {
  auto const* q = std::find_if(quantities.begin(), quantities.end(), [&](quantity const& x) { return x.type == type; });
  auto d = blank(message_kind::telemetry, std::move(device), in);
  auto const base = d.elements.front();
  d.elements.clear();
  bool empty = true;
  each(member(&root, "SensorData"), [&](json::value const& s) {
    if (!s.is_object() || d.elements.size() >= max_frames) return;
    auto e = base;
    set_utc_time(e, any_member(&s, {"@UtcTime", "UtcTime"}));
    std::string channel;
    if (auto const* id = any_member(&s, {"@SensorID", "SensorID", "@SensorId", "SensorToken", "@SensorToken"}))
      channel = channel_part(text(id) ? std::string(*text(id)) : json::serialize(*id));
    auto const v = number(inner_text(member(&s, "Value")));
    if (v && q != quantities.end()) {
      decoded_reading r{std::string(q->metric), channel, std::string(q->unit), *v};
      // ONVIF says Celsius here; a specification example shows kelvin all the same. Such a number is kept and not believed.
      if (q->metric == "temperature" && *v > 150) r.q = core::quality::suspect;
      e.readings.push_back(std::move(r));
      empty = false;
    }
    d.elements.push_back(std::move(e));
  });
  if (d.elements.empty()) return decoded::rejected("sensor metadata needs SensorData");
  if (q == quantities.end()) return decoded::ignored("a sensor quantity that is not kept: " + cut(type, 64));
  if (empty) return decoded::ignored("sensor metadata without a value");
  return d;
}

struct best_class {
  std::string name;
  std::optional<double> likelihood;
};

// Class.Type is one or many, with or without likelihood; older devices write ClassCandidate {Type, Likelihood}.
std::optional<best_class> class_of(json::value const* appearance) {
  std::optional<best_class> best;
  auto const offer = [&](json::value const* name, json::value const* likelihood) {
    auto const n = kept_text(name);
    if (!n) return;
    best_class c{channel_part(*n), number(likelihood)};
    if (!best || c.likelihood.value_or(0) > best->likelihood.value_or(0)) best = std::move(c);
  };
  auto const* cls = member(appearance, "Class");
  each(member(cls, "Type"), [&](json::value const& t) { offer(inner_text(&t), member(&t, "@Likelihood")); });
  each(member(cls, "ClassCandidate"), [&](json::value const& c) {
    if (c.is_object()) offer(inner_text(member(&c, "Type")), inner_text(any_member(&c, {"Likelihood", "@Likelihood"})));
  });
  return best;
}

// Counts the objects of a frame by class and names the likeliest one; there is one value for each series and time.
void read_frame(json::value const& frame, std::string const& channel, decoded_element& e) {
  std::map<std::string, double> counts;
  double total = 0;
  std::optional<best_class> likeliest;
  json::value const* plate = nullptr;
  std::optional<double> fastest;
  each(member(&frame, "Object"), [&](json::value const& o) {
    if (!o.is_object()) return;
    ++total;
    auto const* appearance = member(&o, "Appearance");
    if (auto c = class_of(appearance)) {
      if (counts.size() < max_classes || counts.count(c->name)) ++counts[c->name];
      if (!likeliest || c->likelihood.value_or(0) > likeliest->likelihood.value_or(0)) likeliest = std::move(c);
    }
    if (auto const* p = member(member(appearance, "LicensePlateInfo"), "PlateNumber"); p && !plate) plate = p;
    if (auto const v = number(inner_text(member(member(&o, "Behaviour"), "Speed"))); v && *v >= 0 && (!fastest || *v > *fastest)) fastest = v;
  });
  // A frame that holds only the camera's position says nothing of objects.
  if (!member(&frame, "Object") && member(&frame, "PTZStatus")) return;
  auto const sub = [&](std::string const& name) { return channel.empty() ? name : channel + "/" + name; };
  e.readings.push_back({"object_count", channel, "1", total});
  for (auto const& [name, n] : counts) e.readings.push_back({"object_count", sub(name), "1", n});
  if (likeliest) {
    e.readings.push_back({"object_detected", channel, "", likeliest->name});
    if (auto const l = likeliest->likelihood; l && *l >= 0 && *l <= 1) e.readings.push_back({"object_score", channel, "1", *l});
  }
  if (auto const p = kept_text(inner_text(plate))) e.readings.push_back({"license_plate", channel, "", *p});
  if (fastest) e.readings.push_back({"speed", channel, "km/h", *fastest * 3.6});  // ONVIF: metres a second
}

decoded frames(json::value const& root, std::string_view producer, std::string device, decode_input const& in) {
  auto const* all = member(&root, "Frame");
  if (!all) all = member(any_member(&root, {"VideoAnalytics", "AudioAnalytics"}), "Frame");
  if (!all || (!all->is_array() && !all->is_object())) return decoded::rejected("analytics metadata needs Frame");
  auto const module = producer.find('/') == std::string_view::npos ? producer : producer.substr(producer.rfind('/') + 1);
  auto d = blank(message_kind::telemetry, std::move(device), in);
  auto const base = d.elements.front();
  d.elements.clear();
  bool something = false;
  std::size_t seen = 0;
  each(all, [&](json::value const& f) {
    if (!f.is_object() || ++seen > max_frames) return;
    auto e = base;
    set_utc_time(e, member(&f, "@UtcTime"));
    std::string channel = channel_part(module);
    if (auto const source = kept_text(member(&f, "@Source")); channel.empty() && source) channel = channel_part(*source);
    read_frame(f, channel, e);
    something = something || !e.readings.empty();
    d.elements.push_back(std::move(e));
  });
  if (seen > max_frames) return decoded::rejected("more than 1,000 frames in one message");
  if (d.elements.empty()) return decoded::rejected("Frame holds no frame");
  if (!something) return decoded::ignored("frames without objects or values");
  return d;
}

}  // namespace

decoded decode_onvif_metadata(decode_input const& in) {
  auto const marker = in.topic.find("/onvif-mj/");
  if (marker == std::string_view::npos || marker == 0) return decoded::rejected("an ONVIF metadata topic is {prefix}/onvif-mj/{type}");
  std::string device(in.topic.substr(0, marker));
  auto rest = in.topic.substr(marker + 10);
  auto const slash = rest.find('/');
  auto const type = rest.substr(0, slash);
  auto const producer = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (trimmed(in.payload).empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("ONVIF metadata is an object");
  if (type == "SensorData" || member(&doc.root, "SensorData")) return sensor(doc.root, producer.substr(0, producer.find('/')), std::move(device), in);
  if (type == "VideoAnalytics" || type == "AudioAnalytics") return frames(doc.root, producer, std::move(device), in);
  if (type == "PTZ") return decoded::ignored("the camera's position is not kept");
  return decoded::ignored("ONVIF metadata that is not kept: " + cut(type, 64));
}

}  // namespace ioc::perceive
